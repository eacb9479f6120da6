// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {VM} from "../../script/Vm.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {PlentyToken} from "./Tokens.sol";
import {VaultFixture} from "./VaultFixture.sol";

/// @title How a pending root ends: final, or cancelled
contract RootsTest is VaultFixture {
    bytes32 internal constant ROOT = keccak256("root");

    function setUp() public override {
        super.setUp();
        inflow(100 ether);
    }

    function test_a_root_is_final_when_its_window_ends_and_not_a_second_earlier() public {
        propose(ROOT, 40 ether);
        uint64 readyAt = uint64(block.timestamp) + WINDOW;
        VM.warp(readyAt - 1);
        VM.expectRevert(abi.encodeWithSelector(IVault.WindowOpen.selector, readyAt));
        d.vault.finalizeRoot(ROOT);
        VM.warp(readyAt);
        expectEvent();
        emit IVault.RootFinalized(1, ROOT, 40 ether);
        VM.prank(MALLORY);
        d.vault.finalizeRoot(ROOT);
        IVault.Root memory last = d.vault.finalRoot();
        same(last.payoutRoot, ROOT, "root");
        same(last.manifestHash, MANIFEST, "manifest");
        same(last.total, 40 ether, "total");
        same(last.epoch, 1, "epoch");
        same(d.vault.pendingRoot().readyAt, 0, "the slot is free");
        same(d.vault.pendingRoot().root.payoutRoot, 0, "nothing waits");
        same(d.vault.livenessAt(), block.timestamp + LIVENESS, "liveness counts anew");
    }

    function test_only_the_root_that_waits_can_become_final() public {
        VM.expectRevert(abi.encodeWithSelector(IVault.NoRootPending.selector));
        d.vault.finalizeRoot(ROOT);
        VM.expectRevert(abi.encodeWithSelector(IVault.NoRootPending.selector));
        d.vault.finalizeRoot(0);
        propose(ROOT, 40 ether);
        VM.warp(block.timestamp + WINDOW);
        VM.expectRevert(abi.encodeWithSelector(IVault.RootMismatch.selector, MANIFEST, ROOT));
        d.vault.finalizeRoot(MANIFEST);
        VM.expectRevert(abi.encodeWithSelector(IVault.RootMismatch.selector, 0, ROOT));
        d.vault.finalizeRoot(0);
        d.vault.finalizeRoot(ROOT);
        VM.expectRevert(abi.encodeWithSelector(IVault.NoRootPending.selector));
        d.vault.finalizeRoot(ROOT);
    }

    function test_a_late_call_never_finalises_another_root() public {
        propose(ROOT, 40 ether);
        VM.prank(GUARDIAN);
        d.vault.cancelRoot(ROOT);
        propose(MANIFEST, 40 ether);
        VM.warp(block.timestamp + WINDOW);
        VM.expectRevert(abi.encodeWithSelector(IVault.RootMismatch.selector, ROOT, MANIFEST));
        d.vault.finalizeRoot(ROOT);
    }

    function test_nothing_becomes_final_during_a_pause_but_its_window_runs_on() public {
        propose(ROOT, 40 ether);
        pause();
        uint64 until = uint64(block.timestamp) + PAUSE;
        VM.warp(until - 1);
        VM.expectRevert(abi.encodeWithSelector(IVault.PausedNow.selector, until));
        d.vault.finalizeRoot(ROOT);
        VM.warp(until);
        d.vault.finalizeRoot(ROOT);
        same(d.vault.finalRoot().payoutRoot, ROOT, "final");
    }

    function test_the_bond_of_a_final_root_goes_back() public {
        proposeByAnyone(ALICE, ROOT, 40 ether);
        same(d.token.balanceOf(ALICE), 0, "put up");
        VM.warp(block.timestamp + WINDOW);
        d.vault.finalizeRoot(ROOT);
        same(d.token.balanceOf(ALICE), LIVENESS_BOND, "back");
        same(d.vault.bonds(), 0, "bonds");
        same(d.vault.received(), 100 ether, "received");
        booksHold();
    }

    function test_the_largest_total_becomes_final_and_one_more_does_not() public {
        PlentyToken plenty = new PlentyToken();
        useToken(plenty);
        VM.prank(timelock);
        d.vault.setParameters(IVault.Parameters(type(uint256).max, 0, 0));
        uint256 most = type(uint104).max;
        plenty.mint(address(d.datanets), most + 1);
        VM.startPrank(address(d.datanets));
        plenty.approve(address(d.vault), most + 1);
        d.vault.forfeitBond(ALICE, most + 1);
        VM.stopPrank();
        bytes32[] memory leaves = one(ALICE, most);
        propose(rootOf(leaves), most + 1);
        VM.warp(block.timestamp + WINDOW);
        bytes32 root = rootOf(leaves);
        VM.expectRevert(abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 104, most + 1));
        d.vault.finalizeRoot(root);
        VM.prank(GUARDIAN);
        d.vault.cancelRoot(root);
        makeFinal(leaves, most);
        claimAs(ALICE, ALICE, most, proofOf(leaves, 0));
        same(plenty.balanceOf(ALICE), most, "all of it can be claimed");
        same(d.vault.claimed(ALICE), most, "claimed");
    }

    function test_the_guardian_and_the_timelock_cancel_the_proposers_root() public {
        address[2] memory by = [GUARDIAN, timelock];
        for (uint256 i = 0; i < by.length; ++i) {
            propose(ROOT, 40 ether);
            expectEvent();
            emit IVault.RootCancelled(1, ROOT, by[i]);
            VM.prank(by[i]);
            d.vault.cancelRoot(ROOT);
            same(d.vault.pendingRoot().readyAt, 0, "the slot is free");
        }
        propose(ROOT, 40 ether);
        VM.warp(block.timestamp + 365 days);
        VM.prank(GUARDIAN);
        d.vault.cancelRoot(ROOT);
        same(d.vault.finalRoot().payoutRoot, 0, "also after the window");
    }

    function test_others_cancel_nothing() public {
        propose(ROOT, 40 ether);
        address[4] memory others = [PROPOSER, address(d.datanets), MALLORY, PAYER];
        for (uint256 i = 0; i < others.length; ++i) {
            refused(others[i], unauthorized(others[i], d.vault.GUARDIAN_ROLE()));
            d.vault.cancelRoot(ROOT);
        }
    }

    function test_only_the_root_that_waits_can_be_cancelled() public {
        refused(GUARDIAN, abi.encodeWithSelector(IVault.NoRootPending.selector));
        d.vault.cancelRoot(ROOT);
        propose(ROOT, 40 ether);
        refused(GUARDIAN, abi.encodeWithSelector(IVault.RootMismatch.selector, MANIFEST, ROOT));
        d.vault.cancelRoot(MANIFEST);
        VM.warp(block.timestamp + WINDOW);
        d.vault.finalizeRoot(ROOT);
        refused(timelock, abi.encodeWithSelector(IVault.NoRootPending.selector));
        d.vault.cancelRoot(ROOT);
    }

    function test_the_guardian_cannot_cancel_what_anyone_proposed() public {
        proposeByAnyone(ALICE, ROOT, 40 ether);
        refused(GUARDIAN, abi.encodeWithSelector(IVault.TimelockOnly.selector, GUARDIAN));
        d.vault.cancelRoot(ROOT);
        refused(MALLORY, unauthorized(MALLORY, d.vault.GUARDIAN_ROLE()));
        d.vault.cancelRoot(ROOT);
        expectEvent();
        emit IVault.RootCancelled(1, ROOT, timelock);
        expectEvent();
        emit IVault.BondForfeited(ALICE, LIVENESS_BOND);
        VM.prank(timelock);
        d.vault.cancelRoot(ROOT);
        same(d.token.balanceOf(ALICE), 0, "the bond is lost");
        same(d.vault.bonds(), 0, "bonds");
        same(d.vault.received(), 100 ether + LIVENESS_BOND, "to the reserve");
        booksHold();
    }

    function test_a_guardian_that_proposed_as_anyone_cannot_cancel_either() public {
        proposeByAnyone(GUARDIAN, ROOT, 40 ether);
        refused(GUARDIAN, abi.encodeWithSelector(IVault.TimelockOnly.selector, GUARDIAN));
        d.vault.cancelRoot(ROOT);
    }

    function test_cancelling_returns_the_disputers_bond() public {
        proposeByAnyone(ALICE, ROOT, 40 ether);
        dispute(BOB);
        same(d.vault.bonds(), LIVENESS_BOND + DISPUTE_BOND, "held");
        VM.prank(timelock);
        d.vault.cancelRoot(ROOT);
        same(d.token.balanceOf(BOB), DISPUTE_BOND, "disputer");
        same(d.token.balanceOf(ALICE), 0, "proposer");
        same(d.vault.bonds(), 0, "bonds");
        same(d.vault.dispute().disputer, address(0), "no dispute is left");
        booksHold();
    }

    function test_a_pause_does_not_stop_a_cancellation() public {
        propose(ROOT, 40 ether);
        dispute(BOB);
        pause();
        VM.prank(GUARDIAN);
        d.vault.cancelRoot(ROOT);
        same(d.token.balanceOf(BOB), DISPUTE_BOND, "disputer");
        booksHold();
    }

    function test_a_cancelled_epoch_is_proposed_again() public {
        propose(ROOT, 40 ether);
        VM.prank(GUARDIAN);
        d.vault.cancelRoot(ROOT);
        propose(MANIFEST, 30 ether);
        same(d.vault.pendingRoot().root.epoch, 1, "the same epoch");
        VM.warp(block.timestamp + WINDOW);
        d.vault.finalizeRoot(MANIFEST);
        same(d.vault.finalRoot().total, 30 ether, "a lower total than the cancelled one's");
    }

    function test_the_same_root_may_be_final_twice() public {
        makeFinal(one(ALICE, 1 ether), 1 ether);
        makeFinal(one(ALICE, 1 ether), 1 ether);
        same(d.vault.finalRoot().epoch, 2, "epoch");
        claimAs(ALICE, ALICE, 1 ether, new bytes32[](0));
        makeFinal(one(ALICE, 1 ether), 1 ether);
        same(claimAs(ALICE, ALICE, 1 ether, new bytes32[](0)), 0, "paid once");
    }
}
