// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";

/// @title The one token: fixed supply, permit, votes
/// @notice Minted once to the given allocation. Nobody can mint, burn for others, pause or freeze.
contract OpenToken is ERC20, ERC20Permit, ERC20Votes {
    /// @notice The allocation does not add up to the supply.
    error AllocationIncomplete(uint256 sum, uint256 supply);

    /// @notice One billion, 18 decimals.
    uint256 public constant SUPPLY = 1e9 ether;

    /// @notice A holder's part of the supply.
    struct Allocation {
        address holder;
        uint256 amount;
    }

    constructor(Allocation[] memory allocations) ERC20("Openbooks", "OPEN") ERC20Permit("Openbooks") {
        for (uint256 i = 0; i < allocations.length; ++i) {
            _mint(allocations[i].holder, allocations[i].amount);
        }
        require(totalSupply() == SUPPLY, AllocationIncomplete(totalSupply(), SUPPLY));
    }

    /// @notice Votes count by time, so that delays read the same on every chain.
    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    /// @notice How `clock` counts (ERC-6372).
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Votes) {
        super._update(from, to, value);
    }

    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }
}
