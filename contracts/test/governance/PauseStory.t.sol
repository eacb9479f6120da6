// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {VM} from "../../script/Vm.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {Governance} from "./Governance.sol";

/// @title A guardian's pause gives governance the time to revoke a final root
contract PauseStoryTest is Governance {
    address private constant BOB = address(0xB0B);
    address private constant CAROL = address(0xCA401);
    address private constant THIEF = address(0x7415F);

    bytes32[] private _good;
    bytes32[] private _bad;
    bytes32[] private _next;

    function setUp() public override {
        super.setUp();
        fund(address(this), 200 ether);
        d.vault.deposit(address(1), 200 ether);
        _good = [leafOf(BOB, 3 ether), leafOf(CAROL, 2 ether)];
        _bad = [leafOf(BOB, 3 ether), leafOf(CAROL, 2 ether), leafOf(THIEF, 100 ether)];
        _next = [leafOf(BOB, 4 ether), leafOf(CAROL, 6 ether)];
    }

    /// @dev Seven days and two seconds of ten: proposed at once, and three days to spare.
    function test_a_wrong_root_is_revoked_before_the_pause_ends() public {
        _makeFinal(1, bytes32(0), _good, 5 ether);
        _makeFinal(2, rootOf(_good), _bad, 105 ether);
        _claim(THIEF, 100 ether, proofOf(_bad, 2));

        // Day 0: the guardian stops everything, a holder proposes the revocation.
        uint256 start = VM.getBlockTimestamp();
        VM.expectEmit(address(d.vault));
        emit IVault.PausedUntil(GUARDIAN, uint64(start + 10 days));
        VM.prank(GUARDIAN);
        d.vault.pause();
        Motion memory m = motion(address(d.vault), abi.encodeCall(IVault.revokeRoot, (rootOf(_bad), 100 ether)));
        uint256 id = propose(m);
        _refusePaused(start + 10 days);

        // Day 1 to 5: the vote. Day 5: queued. Day 7: executed.
        VM.warp(start + 1 days + 1);
        vote(LARGE, id, FOR);
        VM.warp(start + 5 days + 1);
        queue(m);
        VM.warp(start + 7 days + 1);
        VM.expectEmit(address(d.vault));
        emit IVault.RootRevoked(2, rootOf(_bad), 100 ether);
        execute(m);
        stateIs(id, IGovernor.ProposalState.Executed);
        truth(VM.getBlockTimestamp() < d.vault.pausedUntil(), "in the pause");
        _checkFinal(1, rootOf(_good), 5 ether);
        same(d.vault.lost(), 100 ether, "lost");

        // Day 10: the pause ends by itself; who was owed is paid, who was not is not.
        _refusePaused(start + 10 days);
        VM.warp(start + 10 days);
        VM.expectRevert(abi.encodeWithSelector(IVault.ProofInvalid.selector, THIEF, 100 ether));
        _claim(THIEF, 100 ether, proofOf(_bad, 2));
        _claim(BOB, 3 ether, proofOf(_good, 0));
        same(d.token.balanceOf(BOB), 3 ether, "paid");

        // The epoch is settled again, before the guardian could pause once more.
        VM.prank(PROPOSER);
        d.vault.proposeRoot(2, rootOf(_good), rootOf(_next), "manifest", 10 ether, "bundle");
        VM.warp(start + 13 days);
        VM.expectRevert(abi.encodeWithSelector(IVault.PauseTooSoon.selector, start + 20 days));
        VM.prank(GUARDIAN);
        d.vault.pause();
        d.vault.finalizeRoot(rootOf(_next));
        _claim(BOB, 4 ether, proofOf(_next, 0));
        _claim(CAROL, 6 ether, proofOf(_next, 1));
        same(d.token.balanceOf(BOB), 4 ether, "paid");
        same(d.token.balanceOf(CAROL), 6 ether, "paid");
        same(d.token.balanceOf(address(d.vault)), 90 ether, "the loss fell on what is unspent");
    }

    function test_a_proposal_that_waits_three_days_is_in_time_and_one_more_second_is_not() public {
        _makeFinal(1, bytes32(0), _bad, 105 ether);
        uint256 start = VM.getBlockTimestamp();
        VM.prank(GUARDIAN);
        d.vault.pause();
        Motion memory m = motion(address(d.vault), abi.encodeCall(IVault.revokeRoot, (rootOf(_bad), 0)));
        uint256 state = VM.snapshotState();
        VM.warp(start + 3 days - 2);
        ripe(m);
        same(VM.getBlockTimestamp(), start + 10 days - 1, "the pause's last second");
        execute(m);
        _checkFinal(0, bytes32(0), 0);
        VM.revertToState(state);
        VM.warp(start + 3 days - 1);
        ripe(m);
        VM.expectRevert(abi.encodeWithSelector(IVault.NotPaused.selector));
        execute(m);
        _checkFinal(1, rootOf(_bad), 105 ether);
    }

    function test_without_a_pause_governance_revokes_nothing() public {
        _makeFinal(1, bytes32(0), _bad, 105 ether);
        Motion memory m = motion(address(d.vault), abi.encodeCall(IVault.revokeRoot, (rootOf(_bad), 0)));
        ripe(m);
        VM.expectRevert(abi.encodeWithSelector(IVault.NotPaused.selector));
        execute(m);
        VM.prank(GUARDIAN);
        d.vault.pause();
        execute(m);
        _checkFinal(0, bytes32(0), 0);
    }

    /// @dev Thirty days for the ruling: governance also rules on a dispute of the last second.
    function test_governance_has_the_time_to_rule_on_a_dispute() public {
        _propose(1, bytes32(0), _bad, 105 ether);
        fund(BOB, 10_000 ether);
        VM.warp(VM.getBlockTimestamp() + 3 days - 1);
        VM.prank(BOB);
        d.vault.disputeRoot(rootOf(_bad), "evidence");
        Motion memory m = motion(address(d.vault), abi.encodeCall(IVault.resolveDispute, (rootOf(_bad), BOB, true)));
        ripe(m);
        VM.expectEmit(address(d.vault));
        emit IVault.DisputeResolved(1, BOB, true);
        VM.expectEmit(address(d.vault));
        emit IVault.RootCancelled(1, rootOf(_bad), timelock);
        execute(m);
        same(d.token.balanceOf(BOB), 10_000 ether, "the bond is back");
        same(d.vault.pendingRoot().root.payoutRoot, bytes32(0), "cancelled");
    }

    function _propose(uint64 epoch, bytes32 previous, bytes32[] memory leaves, uint256 total) private {
        if (VM.getBlockTimestamp() < d.vault.epochEnd(epoch)) VM.warp(d.vault.epochEnd(epoch));
        VM.prank(PROPOSER);
        d.vault.proposeRoot(epoch, previous, rootOf(leaves), "manifest", total, "bundle");
    }

    function _makeFinal(uint64 epoch, bytes32 previous, bytes32[] memory leaves, uint256 total) private {
        _propose(epoch, previous, leaves, total);
        VM.warp(VM.getBlockTimestamp() + 3 days);
        d.vault.finalizeRoot(rootOf(leaves));
    }

    function _claim(address account, uint256 cumulative, bytes32[] memory proof) private {
        VM.prank(account);
        d.vault.claim(account, cumulative, proof);
    }

    function _refusePaused(uint256 until) private {
        bytes32[] memory proof = proofOf(_good, 0);
        bytes memory reason = abi.encodeWithSelector(IVault.PausedNow.selector, until);
        VM.expectRevert(reason);
        _claim(BOB, 3 ether, proof);
        bytes32 previous = d.vault.finalRoot().payoutRoot;
        VM.expectRevert(reason);
        VM.prank(PROPOSER);
        d.vault.proposeRoot(3, previous, "root", "manifest", 105 ether, "bundle");
    }

    function _checkFinal(uint64 epoch, bytes32 root, uint256 total) private view {
        IVault.Root memory last = d.vault.finalRoot();
        same(last.epoch, epoch, "epoch");
        same(last.payoutRoot, root, "root");
        same(last.total, total, "total");
    }
}
