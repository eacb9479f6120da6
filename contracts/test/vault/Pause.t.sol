// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../script/Vm.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {VaultFixture} from "./VaultFixture.sol";

/// @title The pause: what it stops, how long, and how often
contract PauseTest is VaultFixture {
    function test_a_pause_lasts_its_length_and_ends_by_itself() public {
        uint64 until = uint64(block.timestamp) + PAUSE;
        same(d.vault.pausedUntil(), 0, "none yet");
        expectEvent();
        emit IVault.PausedUntil(GUARDIAN, until);
        pause();
        same(d.vault.pausedUntil(), until, "until");
    }

    function test_only_the_guardian_pauses() public {
        address[4] memory others = [PROPOSER, timelock, address(d.datanets), MALLORY];
        for (uint256 i = 0; i < others.length; ++i) {
            refused(others[i], unauthorized(others[i], d.vault.GUARDIAN_ROLE()));
            d.vault.pause();
        }
    }

    function test_a_pause_is_not_renewed_before_its_cooldown_ends() public {
        pause();
        uint64 earliest = uint64(block.timestamp) + PAUSE + COOLDOWN;
        bytes memory tooSoon = abi.encodeWithSelector(IVault.PauseTooSoon.selector, earliest);
        refused(GUARDIAN, tooSoon);
        d.vault.pause();
        VM.warp(earliest - COOLDOWN);
        refused(GUARDIAN, tooSoon);
        d.vault.pause();
        VM.warp(earliest - 1);
        refused(GUARDIAN, tooSoon);
        d.vault.pause();
        VM.warp(earliest);
        pause();
        same(d.vault.pausedUntil(), earliest + PAUSE, "again");
    }

    function test_a_new_guardian_waits_for_the_cooldown_too() public {
        pause();
        uint64 earliest = uint64(block.timestamp) + PAUSE + COOLDOWN;
        VM.startPrank(timelock);
        d.vault.revokeRole(d.vault.GUARDIAN_ROLE(), GUARDIAN);
        d.vault.grantRole(d.vault.GUARDIAN_ROLE(), CAROL);
        VM.stopPrank();
        refused(CAROL, abi.encodeWithSelector(IVault.PauseTooSoon.selector, earliest));
        d.vault.pause();
        refused(GUARDIAN, unauthorized(GUARDIAN, d.vault.GUARDIAN_ROLE()));
        d.vault.pause();
        VM.warp(earliest);
        VM.prank(CAROL);
        d.vault.pause();
    }

    function test_claims_proposals_and_finalisations_rest() public {
        inflow(100 ether);
        bytes32[] memory leaves = one(ALICE, 10 ether);
        makeFinal(leaves, 10 ether);
        propose(MANIFEST, 20 ether);
        VM.warp(block.timestamp + WINDOW);
        pause();
        uint64 until = d.vault.pausedUntil();
        bytes memory paused = abi.encodeWithSelector(IVault.PausedNow.selector, until);
        IVault.ClaimItem[] memory none = new IVault.ClaimItem[](0);
        uint256[2] memory moments = [block.timestamp, until - 1];
        for (uint256 i = 0; i < moments.length; ++i) {
            VM.warp(moments[i]);
            refused(ALICE, paused);
            d.vault.claim(ALICE, 10 ether, new bytes32[](0));
            refused(ALICE, paused);
            d.vault.claimBatch(none);
            refused(PROPOSER, paused);
            d.vault.proposeRoot(2, leaves[0], MANIFEST, MANIFEST, 20 ether, BUNDLE);
            refused(ALICE, paused);
            d.vault.finalizeRoot(MANIFEST);
        }
        VM.warp(until);
        same(claimAs(ALICE, ALICE, 10 ether, new bytes32[](0)), 10 ether, "claimed");
        d.vault.finalizeRoot(MANIFEST);
    }

    function test_what_an_account_says_of_itself_does_not_rest() public {
        pause();
        VM.startPrank(ALICE);
        d.vault.setRecipient(BOB);
        d.vault.setPush(true);
        d.vault.setRecovery(CAROL);
        VM.stopPrank();
        VM.prank(CAROL);
        d.vault.startRecovery(ALICE, CAROL);
        VM.warp(block.timestamp + RECOVERY);
        d.vault.finishRecovery(ALICE);
        same(d.vault.recipientOf(ALICE), CAROL, "recipient");
    }

    function testFuzz_two_pauses_leave_room_for_a_root(uint256 wait, uint256 after_) public {
        inflow(100 ether);
        VM.warp(GENESIS + EPOCH_LENGTH + bounded(wait, 0, 365 days));
        pause();
        uint256 until = d.vault.pausedUntil();
        VM.warp(until + bounded(after_, 0, COOLDOWN - WINDOW - 1));
        propose(rootOf(one(ALICE, 1 ether)), 1 ether);
        VM.warp(block.timestamp + WINDOW);
        refused(GUARDIAN, abi.encodeWithSelector(IVault.PauseTooSoon.selector, until + COOLDOWN));
        d.vault.pause();
        d.vault.finalizeRoot(rootOf(one(ALICE, 1 ether)));
        same(claimAs(ALICE, ALICE, 1 ether, new bytes32[](0)), 1 ether, "claimed");
    }
}
