// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IVault} from "../../src/interfaces/IVault.sol";

/// @title A token with as much supply as a test wants
contract PlentyToken is ERC20 {
    constructor() ERC20("Plenty", "PLENTY") {}

    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }
}

/// @title A token that keeps a part of every transfer, or adds to it
contract InexactToken is ERC20 {
    uint256 public immutable percent;

    constructor(uint256 percent_) ERC20("Inexact", "INEX") {
        percent = percent_;
    }

    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        super.transferFrom(from, to, amount);
        if (percent < 100) _burn(to, amount - amount * percent / 100);
        else _mint(to, amount * percent / 100 - amount);
        return true;
    }
}

/// @title A token that says no, and moves nothing
contract RefusingToken is ERC20 {
    constructor() ERC20("Refusing", "REF") {}

    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return false;
    }
}

/// @title A token that calls anyone during a transfer to or from the vault
contract HostileToken is ERC20 {
    /// @notice What the vault's books said during the call.
    struct Books {
        uint256 received;
        uint256 bonds;
        uint256 claimedTotal;
        uint256 claimed;
    }

    address public vault;
    bytes public payload;
    bool public tolerant;
    bool public succeeded;
    bytes public answer;
    uint256 public calls;
    Books public books;
    address public watched;

    constructor() ERC20("Hostile", "HOST") {}

    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    /// @notice From here on every transfer calls the vault; `tolerant_`: and goes on when that fails.
    function arm(address vault_, bytes calldata payload_, bool tolerant_) external {
        (vault, payload, tolerant) = (vault_, payload_, tolerant_);
    }

    /// @notice Whose claims the books are read for.
    function watch(address account) external {
        watched = account;
    }

    /// @notice Acts for itself before or after an attack: approvals, settings.
    function act(address target, bytes calldata data) external {
        (bool done,) = target.call(data);
        require(done, "act");
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (vault == address(0) || (from != vault && to != vault)) return;
        ++calls;
        IVaultBooks v = IVaultBooks(vault);
        books = Books(v.received(), v.bonds(), v.claimedTotal(), v.claimed(watched));
        (succeeded, answer) = vault.call(payload);
        if (!succeeded && !tolerant) {
            bytes memory reason = answer;
            assembly ("memory-safe") {
                revert(add(reason, 32), mload(reason))
            }
        }
    }
}

/// @title What the hostile token reads
interface IVaultBooks is IVault {
    function received() external view returns (uint256);
    function bonds() external view returns (uint256);
    function claimedTotal() external view returns (uint256);
    function claimed(address account) external view returns (uint256);
}
