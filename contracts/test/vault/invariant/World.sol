// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../../script/Vm.sol";
import {IVault} from "../../../src/interfaces/IVault.sol";
import {VaultFixture} from "../VaultFixture.sol";

/// @title What the actions know beside the vault: the honest ledger, every tree, what was paid
abstract contract World is VaultFixture {
    uint256 internal constant PEOPLE = 6;

    /// @notice A tree that was proposed.
    struct Tree {
        bytes32 root;
        uint256 total;
        uint256[PEOPLE] owed;
        bool honest;
    }

    /// @notice Whether nobody lies: no wrong tree, no wrong loss.
    bool public immutable honestOnly;

    /// @notice Every tree that was ever proposed; index 0 is none.
    Tree[] internal trees;
    uint256 public finalTree;
    uint256 public beforeTree;
    uint256 public pendingTree;

    /// @notice What everybody is owed; it never falls.
    uint256[PEOPLE] internal ledger;
    /// @notice The most that a leaf under a root that was final ever promised.
    uint256[PEOPLE] internal ceiling;
    uint256[PEOPLE] internal claimedBefore;

    uint256 public inflows;
    uint256 public paidOut;
    uint256 public donated;
    uint256 public losses;
    uint256 public totalBefore;
    uint256 public claimedAtFinal;
    /// @notice What had been claimed at the last revocation; the total may lie below it from there on.
    uint256 public claimedAtRevocation;

    /// @notice How often what happened.
    mapping(string what => uint256) public count;

    constructor(bool honestOnly_) {
        honestOnly = honestOnly_;
        trees.push();
        setUp();
    }

    /// @dev After every action: nobody's claims fell or exceed what was promised; the total fell only by a revocation.
    modifier action(string memory what) {
        uint256 revocations = count["revoked"];
        _;
        ++count[what];
        for (uint256 i = 0; i < PEOPLE; ++i) {
            uint256 claimed = d.vault.claimed(person(i));
            truth(claimed >= claimedBefore[i], "claimed never falls");
            truth(claimed <= ceiling[i], "nobody is paid more than a final leaf promised");
            claimedBefore[i] = claimed;
        }
        uint256 total = d.vault.finalRoot().total;
        truth(total >= totalBefore || count["revoked"] != revocations, "the total falls only by a revocation");
        totalBefore = total;
    }

    // People

    function person(uint256 i) public pure returns (address) {
        return address(uint160(0x50000 + i % PEOPLE));
    }

    function recovery(uint256 i) internal pure returns (address) {
        return address(uint160(0x60000 + i % PEOPLE));
    }

    function stranger(uint256 i) internal pure returns (address) {
        return address(uint160(0x70000 + i % 3));
    }

    // What the invariants ask

    function vaultBalance() external view returns (uint256) {
        return d.token.balanceOf(address(d.vault));
    }

    function finalIsHonest() external view returns (bool) {
        return finalTree != 0 && trees[finalTree].honest;
    }

    /// @notice What could be claimed under the final root if nothing else stood in the way.
    function claimable() public view returns (uint256 sum) {
        for (uint256 i = 0; i < PEOPLE; ++i) {
            uint256 claimed = d.vault.claimed(person(i));
            uint256 owed = trees[finalTree].owed[i];
            if (owed > claimed) sum += owed - claimed;
        }
    }

    /// @notice What was claimed above the final root's leaves.
    function overpaid() public view returns (uint256) {
        return _overpaid(trees[finalTree].owed);
    }

    /// @notice Whether what came in covers the final root and what was lost.
    function solvent() public view returns (bool) {
        return d.vault.finalRoot().total + d.vault.lost() <= d.vault.received();
    }

    function most() public view returns (uint256) {
        return d.vault.finalRoot().total + d.vault.lost();
    }

    // Trees

    function _overpaid(uint256[PEOPLE] memory owed) internal view returns (uint256 sum) {
        for (uint256 i = 0; i < PEOPLE; ++i) {
            uint256 claimed = d.vault.claimed(person(i));
            if (claimed > owed[i]) sum += claimed - owed[i];
        }
    }

    function _sum(uint256[PEOPLE] memory owed) internal pure returns (uint256 sum) {
        for (uint256 i = 0; i < PEOPLE; ++i) {
            sum += owed[i];
        }
    }

    /// @dev One leaf for everybody with a positive amount; `at`: where each one's leaf is.
    function _leaves(uint256[PEOPLE] memory owed)
        internal
        view
        returns (bytes32[] memory leaves, uint256[PEOPLE] memory at)
    {
        uint256 size = 0;
        for (uint256 i = 0; i < PEOPLE; ++i) {
            if (owed[i] != 0) at[i] = size++;
        }
        leaves = new bytes32[](size);
        for (uint256 i = 0; i < PEOPLE; ++i) {
            if (owed[i] != 0) leaves[at[i]] = leafOf(person(i), owed[i]);
        }
    }

    function _proof(uint256 tree, uint256 i) internal view returns (bytes32[] memory) {
        (bytes32[] memory leaves, uint256[PEOPLE] memory at) = _leaves(trees[tree].owed);
        return proofOf(leaves, at[i]);
    }

    // The vault's state, in the words of the actions

    function _paused() internal view returns (bool) {
        return block.timestamp < d.vault.pausedUntil();
    }

    function _pending() internal view returns (bool) {
        return d.vault.pendingRoot().readyAt != 0;
    }

    function _disputed() internal view returns (bool) {
        return d.vault.dispute().disputer != address(0);
    }

    /// @dev What the next total may be.
    function _range() internal view returns (uint256 least, uint256 highest) {
        least = d.vault.finalRoot().total;
        uint256 cap = d.vault.parameters().growthCap;
        uint256 covered = d.vault.received() > d.vault.lost() ? d.vault.received() - d.vault.lost() : 0;
        highest = least + cap < covered ? least + cap : covered;
    }

    function _pausePossibleAt() internal view returns (uint256) {
        uint64 until = d.vault.pausedUntil();
        return until == 0 ? 0 : until + COOLDOWN;
    }

    function _wait(uint256 seconds_) internal {
        VM.warp(block.timestamp + seconds_);
    }

    /// @dev The pending root with its dispute is gone.
    function _dropped() internal {
        truth(!_pending() && !_disputed(), "the slot is free");
        same(d.vault.bonds(), 0, "and holds no bond");
        pendingTree = 0;
    }

    function _mix(uint256 seed, string memory salt) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, salt)));
    }

    /// @dev Often the bounds, else anything between.
    function _between(uint256 seed, uint256 least, uint256 highest) internal pure returns (uint256) {
        uint256 kind = seed % 8;
        if (kind == 0) return least;
        if (kind == 1) return highest;
        return bounded(seed / 8, least, highest);
    }

    function _refuses(bytes memory error) internal {
        VM.expectRevert(error);
    }

    function _delays() internal view returns (IVault.Delays memory) {
        return d.vault.delays();
    }
}
