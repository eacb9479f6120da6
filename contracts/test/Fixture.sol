// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Deployment} from "../script/Deployment.sol";
import {VM} from "../script/Vm.sol";
import {OpenToken} from "../src/OpenToken.sol";
import {IVault} from "../src/interfaces/IVault.sol";

/// @title A deployment as the script makes it, with production delays, and what tests need around it
abstract contract Fixture is Deployment {
    address internal constant PROPOSER = address(0xA11CE);
    address internal constant GUARDIAN = address(0x6A4D);
    address internal constant PLATFORM = address(0x91A7);
    /// @dev Holds the whole supply at first.
    address internal constant TREASURY = address(0x7EA5);
    uint64 internal constant GENESIS = 1_767_225_600;
    uint64 internal constant EPOCH_LENGTH = 1 days;

    Deployed internal d;
    address internal timelock;

    /// @dev Begins in the middle of epoch 1.
    function setUp() public virtual {
        VM.warp(GENESIS + 12 hours);
        VM.roll(100);
        d = deploy(terms(), _whole(), address(this), VM.getNonce(address(this)));
        timelock = address(d.timelock);
    }

    function _whole() internal pure returns (OpenToken.Allocation[] memory allocations) {
        allocations = new OpenToken.Allocation[](1);
        allocations[0] = OpenToken.Allocation(TREASURY, 1e9 ether);
    }

    function terms() internal pure returns (Terms memory t) {
        t.genesis = GENESIS;
        t.epochLength = EPOCH_LENGTH;
        t.split = [uint16(500), 500, 1500, 500, 500, 2000, 300, 200, 3800, 200];
        t.platform = PLATFORM;
        t.proposer = PROPOSER;
        t.guardian = GUARDIAN;
        t.adminDelay = 10 days;
        t.challengeBond = 1000 ether;
        t.delays = IVault.Delays({
            disputeWindow: 3 days,
            ruling: 30 days,
            pause: 10 days,
            cooldown: 10 days,
            liveness: 21 days,
            recovery: 7 days,
            unbonding: 10 days
        });
        t.parameters =
            IVault.Parameters({growthCap: 10_000_000 ether, disputeBond: 10_000 ether, livenessBond: 100_000 ether});
        t.governance = GovernanceTerms({
            votingDelay: 1 days,
            votingPeriod: 4 days,
            threshold: 1_000_000 ether,
            quorumPercent: 4,
            timelockDelay: 2 days
        });
    }

    /// @dev Gives tokens of the treasury, and lets the vault take them.
    function fund(address account, uint256 amount) internal {
        VM.prank(TREASURY);
        require(d.token.transfer(account, amount));
        VM.prank(account);
        d.token.approve(address(d.vault), type(uint256).max);
    }

    // A payout tree as OpenZeppelin's StandardMerkleTree hashes it; the order of its leaves is the caller's.

    function leafOf(address account, uint256 cumulative) internal view returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(block.chainid, address(d.vault), account, cumulative))));
    }

    function rootOf(bytes32[] memory leaves) internal pure returns (bytes32) {
        return _tree(leaves)[0];
    }

    function proofOf(bytes32[] memory leaves, uint256 leaf) internal pure returns (bytes32[] memory proof) {
        bytes32[] memory tree = _tree(leaves);
        uint256 node = tree.length - 1 - leaf;
        uint256 depth = 0;
        for (uint256 i = node; i != 0; i = (i - 1) / 2) {
            ++depth;
        }
        proof = new bytes32[](depth);
        for (uint256 i = 0; i < depth; ++i) {
            proof[i] = tree[node % 2 == 1 ? node + 1 : node - 1];
            node = (node - 1) / 2;
        }
    }

    function _tree(bytes32[] memory leaves) private pure returns (bytes32[] memory tree) {
        uint256 count = leaves.length;
        tree = new bytes32[](2 * count - 1);
        for (uint256 i = 0; i < count; ++i) {
            tree[tree.length - 1 - i] = leaves[i];
        }
        for (uint256 i = count - 1; i != 0; --i) {
            (bytes32 a, bytes32 b) = (tree[2 * i - 1], tree[2 * i]);
            tree[i - 1] = a < b ? keccak256(bytes.concat(a, b)) : keccak256(bytes.concat(b, a));
        }
    }

    // Assertions that say what was compared.

    error Different(string what, uint256 found, uint256 expected);
    error DifferentHash(string what, bytes32 found, bytes32 expected);
    error DifferentAddress(string what, address found, address expected);
    error Untrue(string what);

    function same(uint256 found, uint256 expected, string memory what) internal pure {
        if (found != expected) revert Different(what, found, expected);
    }

    function same(bytes32 found, bytes32 expected, string memory what) internal pure {
        if (found != expected) revert DifferentHash(what, found, expected);
    }

    function same(address found, address expected, string memory what) internal pure {
        if (found != expected) revert DifferentAddress(what, found, expected);
    }

    function truth(bool found, string memory what) internal pure {
        if (!found) revert Untrue(what);
    }
}
