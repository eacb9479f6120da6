// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../script/Vm.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {VaultFixture} from "./VaultFixture.sol";

/// @title What a claim costs as a transaction of its own, compared with snapshots/claims.json
/// @notice Isolated, every call of a test is a transaction: it pays the intrinsic 21,000 and its calldata, and finds
/// every account and slot cold.
/// forge-config: default.isolate = true
contract ClaimGasTest is VaultFixture {
    /// @dev Everybody's at first, base units as long as real ones are.
    uint256 internal constant AMOUNT = 12_345_678_901_234_567_890_123;
    uint256 internal constant ACCOUNTS = 16;
    string internal constant RENEW =
        "cd contracts && UPDATE_GAS=1 node_modules/.bin/forge test --match-contract ClaimGasTest";

    bytes32[] internal leaves;
    bytes32[] internal later;

    function setUp() public override {
        super.setUp();
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            leaves.push(leafOf(_account(i), AMOUNT));
            later.push(leafOf(_account(i), 2 * AMOUNT));
        }
        inflow(2 * AMOUNT * ACCOUNTS);
    }

    function test_32_accounts() public {
        _measure(5, "5 levels");
    }

    function test_131072_accounts() public {
        _measure(17, "17 levels");
    }

    function _measure(uint256 levels, string memory size) private {
        _final(leaves, levels, AMOUNT);
        // Somebody claimed before.
        _claim(15, AMOUNT, leaves, levels);

        _claim(0, AMOUNT, leaves, levels);
        _compare(string.concat("first claim, to a new holder, ", size));
        fund(_account(1), 1 ether);
        _claim(1, AMOUNT, leaves, levels);
        _compare(string.concat("first claim, to a holder, ", size));
        VM.prank(_account(12));
        d.vault.setRecipient(_account(ACCOUNTS));
        _claim(12, AMOUNT, leaves, levels);
        _compare(string.concat("first claim, redirected to a new holder, ", size));
        _claimTen(2, levels);
        _compare(string.concat("batch of 10 first claims, to new holders, ", size));

        _final(later, levels, 2 * AMOUNT);
        _claim(0, 2 * AMOUNT, later, levels);
        _compare(string.concat("later claim, ", size));
        _claim(0, 2 * AMOUNT, later, levels);
        _compare(string.concat("claim of nothing, ", size));
    }

    function _compare(string memory what) private {
        uint256 gas = VM.lastCallGas().used;
        if (bytes(VM.envOr("UPDATE_GAS", "")).length != 0) {
            VM.snapshotValue("claims", what, gas);
        } else {
            uint256 expected = VM.parseJsonUint(VM.readFile("snapshots/claims.json"), string.concat("$['", what, "']"));
            same(gas, expected, string.concat("gas of a ", what, "; if it is meant: ", RENEW));
        }
    }

    function _claim(uint256 i, uint256 cumulative, bytes32[] memory tree, uint256 levels) private {
        claimAs(_account(i), _account(i), cumulative, _proof(tree, i, levels));
    }

    function _claimTen(uint256 first, uint256 levels) private {
        IVault.ClaimItem[] memory items = new IVault.ClaimItem[](10);
        for (uint256 i = 0; i < items.length; ++i) {
            address account = _account(first + i);
            items[i] = IVault.ClaimItem(account, AMOUNT, _proof(leaves, first + i, levels));
            VM.prank(account);
            d.vault.setPush(true);
        }
        d.vault.claimBatch(items);
    }

    function _final(bytes32[] memory tree, uint256 levels, uint256 cumulative) private {
        bytes32 root = rootOf(tree);
        bytes32[] memory proof = _proof(tree, 0, levels);
        for (uint256 i = 4; i < levels; ++i) {
            root = root < proof[i] ? keccak256(bytes.concat(root, proof[i])) : keccak256(bytes.concat(proof[i], root));
        }
        propose(root, cumulative * ACCOUNTS);
        VM.warp(d.vault.pendingRoot().readyAt);
        d.vault.finalizeRoot(root);
    }

    /// @dev As if the tree were the corner of one with `levels`.
    function _proof(bytes32[] memory tree, uint256 i, uint256 levels) private pure returns (bytes32[] memory proof) {
        bytes32[] memory corner = proofOf(tree, i);
        proof = new bytes32[](levels);
        for (uint256 k = 0; k < levels; ++k) {
            proof[k] = k < corner.length ? corner[k] : keccak256(abi.encode("level", k));
        }
    }

    function _account(uint256 i) private pure returns (address) {
        return address(bytes20(keccak256(abi.encode("account", i))));
    }
}
