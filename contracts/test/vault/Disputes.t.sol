// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {VM} from "../../script/Vm.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {VaultFixture} from "./VaultFixture.sol";

/// @title Disputes: bonded, ruled on, lapsed
contract DisputesTest is VaultFixture {
    bytes32 internal constant ROOT = keccak256("root");

    function setUp() public override {
        super.setUp();
        inflow(100 ether);
        propose(ROOT, 40 ether);
    }

    function test_a_dispute_puts_up_its_bond_and_blocks_the_root() public {
        fund(BOB, DISPUTE_BOND);
        uint64 lapsesAt = uint64(block.timestamp) + RULING;
        expectEvent();
        emit IVault.RootDisputed(1, BOB, DISPUTE_BOND, EVIDENCE);
        VM.prank(BOB);
        d.vault.disputeRoot(ROOT, EVIDENCE);
        IVault.Dispute memory open = d.vault.dispute();
        same(open.disputer, BOB, "disputer");
        same(open.lapsesAt, lapsesAt, "lapses at");
        same(open.bond, DISPUTE_BOND, "bond");
        same(d.vault.bonds(), DISPUTE_BOND, "bonds");
        same(d.token.balanceOf(BOB), 0, "put up");
        booksHold();
        VM.warp(block.timestamp + 365 days);
        VM.expectRevert(abi.encodeWithSelector(IVault.DisputeOpen.selector, BOB));
        d.vault.finalizeRoot(ROOT);
    }

    function test_a_dispute_comes_within_the_window() public {
        uint64 readyAt = d.vault.pendingRoot().readyAt;
        fund(BOB, DISPUTE_BOND);
        VM.warp(readyAt);
        refused(BOB, abi.encodeWithSelector(IVault.WindowClosed.selector, readyAt));
        d.vault.disputeRoot(ROOT, EVIDENCE);
        VM.warp(readyAt - 1);
        VM.prank(BOB);
        d.vault.disputeRoot(ROOT, EVIDENCE);
    }

    function test_only_the_root_that_waits_is_disputed_and_only_once() public {
        fund(BOB, 2 * DISPUTE_BOND);
        refused(BOB, abi.encodeWithSelector(IVault.RootMismatch.selector, MANIFEST, ROOT));
        d.vault.disputeRoot(MANIFEST, EVIDENCE);
        VM.prank(BOB);
        d.vault.disputeRoot(ROOT, EVIDENCE);
        refused(CAROL, abi.encodeWithSelector(IVault.DisputeOpen.selector, BOB));
        d.vault.disputeRoot(ROOT, EVIDENCE);
        refused(BOB, abi.encodeWithSelector(IVault.DisputeOpen.selector, BOB));
        d.vault.disputeRoot(ROOT, EVIDENCE);
        VM.prank(GUARDIAN);
        d.vault.cancelRoot(ROOT);
        refused(BOB, abi.encodeWithSelector(IVault.NoRootPending.selector));
        d.vault.disputeRoot(ROOT, EVIDENCE);
    }

    function test_a_dispute_needs_the_bond() public {
        fund(BOB, DISPUTE_BOND - 1);
        refused(
            BOB,
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, BOB, DISPUTE_BOND - 1, DISPUTE_BOND)
        );
        d.vault.disputeRoot(ROOT, EVIDENCE);
        setBonds(0, 0);
        VM.prank(BOB);
        d.vault.disputeRoot(ROOT, EVIDENCE);
        same(d.vault.dispute().disputer, BOB, "without a bond");
        _resolve(false);
        same(d.token.balanceOf(BOB), DISPUTE_BOND - 1, "nothing moved");
    }

    function test_a_pause_stops_no_dispute() public {
        pause();
        dispute(BOB);
        _resolve(true);
        same(d.token.balanceOf(BOB), DISPUTE_BOND, "back");
    }

    function test_an_upheld_dispute_cancels_the_root_and_returns_the_bond() public {
        dispute(BOB);
        expectEvent();
        emit IVault.DisputeResolved(1, BOB, true);
        expectEvent();
        emit IVault.RootCancelled(1, ROOT, timelock);
        _resolve(true);
        same(d.token.balanceOf(BOB), DISPUTE_BOND, "back");
        same(d.vault.bonds(), 0, "bonds");
        same(d.vault.received(), 100 ether, "received");
        same(d.vault.pendingRoot().readyAt, 0, "the slot is free");
        same(d.vault.dispute().disputer, address(0), "no dispute is left");
        booksHold();
    }

    function test_an_upheld_dispute_takes_the_bond_of_whoever_proposed() public {
        _again();
        dispute(BOB);
        expectEvent();
        emit IVault.DisputeResolved(1, BOB, true);
        expectEvent();
        emit IVault.RootCancelled(1, ROOT, timelock);
        expectEvent();
        emit IVault.BondForfeited(ALICE, LIVENESS_BOND);
        _resolve(true);
        same(d.token.balanceOf(BOB), DISPUTE_BOND, "disputer");
        same(d.token.balanceOf(ALICE), 0, "proposer");
        same(d.vault.received(), 100 ether + LIVENESS_BOND, "received");
        same(d.vault.bonds(), 0, "bonds");
        booksHold();
    }

    function test_a_rejected_dispute_loses_its_bond_and_the_root_passes() public {
        dispute(BOB);
        expectEvent();
        emit IVault.DisputeResolved(1, BOB, false);
        expectEvent();
        emit IVault.BondForfeited(BOB, DISPUTE_BOND);
        _resolve(false);
        same(d.token.balanceOf(BOB), 0, "lost");
        same(d.vault.bonds(), 0, "bonds");
        same(d.vault.received(), 100 ether + DISPUTE_BOND, "received");
        same(d.vault.dispute().disputer, address(0), "no dispute is left");
        booksHold();
        VM.warp(d.vault.pendingRoot().readyAt);
        d.vault.finalizeRoot(ROOT);
        same(d.vault.finalRoot().payoutRoot, ROOT, "final");
    }

    function test_a_rejected_dispute_within_the_window_can_be_followed_by_another() public {
        dispute(BOB);
        _resolve(false);
        dispute(CAROL);
        same(d.vault.dispute().disputer, CAROL, "disputer");
        same(d.vault.bonds(), DISPUTE_BOND, "bonds");
        _resolve(true);
        same(d.token.balanceOf(CAROL), DISPUTE_BOND, "back");
        booksHold();
    }

    function test_a_rejected_dispute_leaves_the_proposers_bond() public {
        _again();
        dispute(BOB);
        _resolve(false);
        same(d.vault.bonds(), LIVENESS_BOND, "held");
        VM.warp(d.vault.pendingRoot().readyAt);
        d.vault.finalizeRoot(ROOT);
        same(d.token.balanceOf(ALICE), LIVENESS_BOND, "back");
        booksHold();
    }

    function test_only_the_timelock_rules_and_only_on_a_dispute() public {
        refused(timelock, abi.encodeWithSelector(IVault.NoDispute.selector));
        d.vault.resolveDispute(ROOT, BOB, true);
        dispute(BOB);
        address[5] memory others = [PROPOSER, GUARDIAN, address(d.datanets), BOB, MALLORY];
        for (uint256 i = 0; i < others.length; ++i) {
            refused(others[i], unauthorized(others[i], 0));
            d.vault.resolveDispute(ROOT, BOB, true);
        }
        _resolve(true);
        refused(timelock, abi.encodeWithSelector(IVault.NoRootPending.selector));
        d.vault.resolveDispute(ROOT, BOB, true);
    }

    function test_a_ruling_meets_the_dispute_that_is_meant() public {
        dispute(BOB);
        refused(timelock, abi.encodeWithSelector(IVault.RootMismatch.selector, MANIFEST, ROOT));
        d.vault.resolveDispute(MANIFEST, BOB, true);
        refused(timelock, abi.encodeWithSelector(IVault.DisputeOpen.selector, BOB));
        d.vault.resolveDispute(ROOT, CAROL, true);
        refused(timelock, abi.encodeWithSelector(IVault.DisputeOpen.selector, BOB));
        d.vault.resolveDispute(ROOT, address(0), false);
        _resolve(false);
        refused(timelock, abi.encodeWithSelector(IVault.NoDispute.selector));
        d.vault.resolveDispute(ROOT, address(0), true);
    }

    function test_a_rejection_opens_a_new_window() public {
        dispute(BOB);
        VM.warp(block.timestamp + 7 days);
        _resolve(false);
        uint64 readyAt = uint64(block.timestamp) + WINDOW;
        same(d.vault.pendingRoot().readyAt, readyAt, "ready at");
        VM.warp(readyAt - 1);
        VM.expectRevert(abi.encodeWithSelector(IVault.WindowOpen.selector, readyAt));
        d.vault.finalizeRoot(ROOT);
        dispute(CAROL);
        _resolve(true);
        same(d.token.balanceOf(CAROL), DISPUTE_BOND, "a sham dispute kept nobody out");
    }

    function test_a_root_is_disputed_three_times_and_not_a_fourth() public {
        for (uint256 i = 0; i < 3; ++i) {
            same(d.vault.pendingRoot().disputes, i, "disputes");
            dispute(BOB);
            _resolve(false);
        }
        fund(CAROL, DISPUTE_BOND);
        refused(CAROL, abi.encodeWithSelector(IVault.DisputesExhausted.selector, 3));
        d.vault.disputeRoot(ROOT, EVIDENCE);
        uint256 waiting = VM.snapshotState();
        VM.warp(d.vault.pendingRoot().readyAt);
        d.vault.finalizeRoot(ROOT);
        VM.revertToState(waiting);
        VM.prank(GUARDIAN);
        d.vault.cancelRoot(ROOT);
        propose(ROOT, 40 ether);
        same(d.vault.pendingRoot().disputes, 0, "the next root begins anew");
        dispute(CAROL);
    }

    function test_the_timelock_may_still_rule_until_the_dispute_is_ended() public {
        dispute(BOB);
        VM.warp(d.vault.dispute().lapsesAt + 100 days);
        _resolve(true);
        same(d.vault.pendingRoot().readyAt, 0, "cancelled");
    }

    function test_a_dispute_lapses_when_its_ruling_ends_and_not_a_second_earlier() public {
        dispute(BOB);
        uint64 lapsesAt = uint64(block.timestamp) + RULING;
        VM.warp(lapsesAt - 1);
        VM.expectRevert(abi.encodeWithSelector(IVault.RulingOpen.selector, lapsesAt));
        d.vault.lapseDispute();
        VM.warp(lapsesAt);
        expectEvent();
        emit IVault.DisputeResolved(1, BOB, false);
        VM.prank(MALLORY);
        d.vault.lapseDispute();
        same(d.token.balanceOf(BOB), DISPUTE_BOND, "back");
        same(d.vault.bonds(), 0, "bonds");
        same(d.vault.dispute().disputer, address(0), "no dispute is left");
        booksHold();
        VM.expectRevert(abi.encodeWithSelector(IVault.NoDispute.selector));
        d.vault.lapseDispute();
        refused(timelock, abi.encodeWithSelector(IVault.NoDispute.selector));
        d.vault.resolveDispute(ROOT, BOB, true);
        d.vault.finalizeRoot(ROOT);
        same(d.vault.finalRoot().payoutRoot, ROOT, "final");
    }

    function test_what_anyone_proposed_is_cancelled_by_a_lapse_and_both_bonds_go_back() public {
        _again();
        dispute(BOB);
        VM.warp(d.vault.dispute().lapsesAt);
        expectEvent();
        emit IVault.DisputeResolved(1, BOB, false);
        expectEvent();
        emit IVault.RootCancelled(1, ROOT, MALLORY);
        VM.prank(MALLORY);
        d.vault.lapseDispute();
        same(d.token.balanceOf(ALICE), LIVENESS_BOND, "proposer");
        same(d.token.balanceOf(BOB), DISPUTE_BOND, "disputer");
        same(d.vault.bonds(), 0, "bonds");
        same(d.vault.received(), 100 ether, "received");
        same(d.vault.pendingRoot().readyAt, 0, "the slot is free");
        same(d.vault.dispute().disputer, address(0), "no dispute is left");
        booksHold();
    }

    function test_no_dispute_lapses_where_none_is() public {
        VM.expectRevert(abi.encodeWithSelector(IVault.NoDispute.selector));
        d.vault.lapseDispute();
    }

    function testFuzz_bonds_are_what_was_put_up(uint256 bond, uint256 later, bool upheld) public {
        bond = bounded(bond, 0, 1e26);
        setBonds(bond, LIVENESS_BOND);
        fund(BOB, bond);
        VM.prank(BOB);
        d.vault.disputeRoot(ROOT, EVIDENCE);
        setBonds(later, LIVENESS_BOND);
        same(d.vault.bonds(), bond, "held");
        _resolve(upheld);
        same(d.vault.bonds(), 0, "nothing is held");
        same(d.token.balanceOf(BOB), upheld ? bond : 0, "back or lost");
        same(d.vault.received(), 100 ether + (upheld ? 0 : bond), "received");
        booksHold();
    }

    /// @dev The same root, by anyone.
    function _again() private {
        VM.prank(GUARDIAN);
        d.vault.cancelRoot(ROOT);
        proposeByAnyone(ALICE, ROOT, 40 ether);
    }

    function _resolve(bool upheld) private {
        address disputer = d.vault.dispute().disputer;
        VM.prank(timelock);
        d.vault.resolveDispute(ROOT, disputer, upheld);
    }
}
