// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../script/Vm.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {VaultFixture} from "./VaultFixture.sol";

/// @title Recovery of an account whose key is lost
contract RecoveryTest is VaultFixture {
    address internal constant FRIEND = address(0xF1);
    bytes32[] internal leaves;

    function setUp() public override {
        super.setUp();
        inflow(100 ether);
        leaves = two(ALICE, 10 ether, BOB, 20 ether);
        makeFinal(leaves, 30 ether);
    }

    function test_an_account_names_and_unnames_its_recovery_address() public {
        same(d.vault.recoveryOf(ALICE), address(0), "nobody at first");
        expectEvent();
        emit IVault.RecoverySet(ALICE, FRIEND);
        _name(FRIEND);
        same(d.vault.recoveryOf(ALICE), FRIEND, "named");
        expectEvent();
        emit IVault.RecoverySet(ALICE, address(0));
        _name(address(0));
        _refuseStart(FRIEND, abi.encodeWithSelector(IVault.NotRecovery.selector, ALICE, FRIEND));
    }

    function test_a_recovery_takes_its_delay_and_not_a_second_less() public {
        _name(FRIEND);
        uint64 readyAt = uint64(block.timestamp) + RECOVERY;
        expectEvent();
        emit IVault.RecoveryStarted(ALICE, FRIEND, CAROL, readyAt);
        _start();
        VM.warp(readyAt - 1);
        VM.expectRevert(abi.encodeWithSelector(IVault.RecoveryNotReady.selector, readyAt));
        d.vault.finishRecovery(ALICE);
        VM.warp(readyAt);
        expectEvent();
        emit IVault.RecoveryFinished(ALICE, CAROL);
        expectEvent();
        emit IVault.RecipientSet(ALICE, CAROL);
        VM.prank(MALLORY);
        d.vault.finishRecovery(ALICE);
        same(d.vault.recipientOf(ALICE), CAROL, "recipient");
        claimAs(CAROL, ALICE, 10 ether, proofOf(leaves, 0));
        same(d.token.balanceOf(CAROL), 10 ether, "Carol is paid");
        VM.expectRevert(abi.encodeWithSelector(IVault.NoRecovery.selector, ALICE));
        d.vault.finishRecovery(ALICE);
    }

    function test_a_recovery_freezes_claims_and_changes() public {
        VM.prank(ALICE);
        d.vault.setPush(true);
        _name(FRIEND);
        _start();
        uint64 readyAt = uint64(block.timestamp) + RECOVERY;
        bytes memory frozen = abi.encodeWithSelector(IVault.RecoveryPending.selector, ALICE, readyAt);
        VM.warp(readyAt + 100 days);
        refused(ALICE, frozen);
        d.vault.claim(ALICE, 10 ether, proofOf(leaves, 0));
        refused(CAROL, frozen);
        d.vault.claim(ALICE, 10 ether, proofOf(leaves, 0));
        IVault.ClaimItem[] memory items = new IVault.ClaimItem[](1);
        items[0] = IVault.ClaimItem(ALICE, 10 ether, proofOf(leaves, 0));
        refused(MALLORY, frozen);
        d.vault.claimBatch(items);
        refused(ALICE, frozen);
        d.vault.setRecipient(MALLORY);
        refused(ALICE, frozen);
        d.vault.setRecovery(MALLORY);
        _refuseStart(FRIEND, frozen);
        same(claimAs(BOB, BOB, 20 ether, proofOf(leaves, 1)), 20 ether, "others are not frozen");
    }

    function test_the_account_calls_a_recovery_off() public {
        _name(FRIEND);
        _start();
        expectEvent();
        emit IVault.RecoveryCancelled(ALICE);
        expectEvent();
        emit IVault.RecoverySet(ALICE, address(0));
        VM.prank(ALICE);
        d.vault.cancelRecovery();
        VM.warp(block.timestamp + RECOVERY);
        VM.expectRevert(abi.encodeWithSelector(IVault.NoRecovery.selector, ALICE));
        d.vault.finishRecovery(ALICE);
        same(d.vault.recipientOf(ALICE), ALICE, "recipient");
        same(claimAs(ALICE, ALICE, 10 ether, proofOf(leaves, 0)), 10 ether, "claims go on");
        same(d.vault.recoveryOf(ALICE), address(0), "who started it can start no other");
        _refuseStart(FRIEND, abi.encodeWithSelector(IVault.NotRecovery.selector, ALICE, FRIEND));
    }

    function test_nobody_else_calls_a_recovery_off() public {
        _name(FRIEND);
        _start();
        address[3] memory others = [FRIEND, CAROL, timelock];
        for (uint256 i = 0; i < others.length; ++i) {
            refused(others[i], abi.encodeWithSelector(IVault.NoRecovery.selector, others[i]));
            d.vault.cancelRecovery();
        }
        refused(BOB, abi.encodeWithSelector(IVault.NoRecovery.selector, BOB));
        d.vault.cancelRecovery();
    }

    function test_an_account_may_call_off_until_somebody_finishes() public {
        _name(FRIEND);
        _start();
        VM.warp(block.timestamp + RECOVERY + 1 days);
        VM.prank(ALICE);
        d.vault.cancelRecovery();
        VM.expectRevert(abi.encodeWithSelector(IVault.NoRecovery.selector, ALICE));
        d.vault.finishRecovery(ALICE);
    }

    function test_only_the_recovery_address_starts() public {
        _name(FRIEND);
        address[5] memory others = [ALICE, BOB, CAROL, timelock, GUARDIAN];
        for (uint256 i = 0; i < others.length; ++i) {
            _refuseStart(others[i], abi.encodeWithSelector(IVault.NotRecovery.selector, ALICE, others[i]));
        }
        refused(FRIEND, abi.encodeWithSelector(IVault.NotRecovery.selector, BOB, FRIEND));
        d.vault.startRecovery(BOB, CAROL);
        address[2] memory nowhere = [address(0), address(d.vault)];
        for (uint256 i = 0; i < nowhere.length; ++i) {
            refused(FRIEND, abi.encodeWithSelector(IVault.RecipientInvalid.selector, nowhere[i]));
            d.vault.startRecovery(ALICE, nowhere[i]);
        }
    }

    function test_nobody_recovers_an_account_that_named_nobody() public {
        _refuseStart(FRIEND, abi.encodeWithSelector(IVault.NotRecovery.selector, ALICE, FRIEND));
        VM.expectRevert(abi.encodeWithSelector(IVault.NoRecovery.selector, ALICE));
        d.vault.finishRecovery(ALICE);
    }

    function test_a_recovery_to_the_account_itself_ends_a_redirection() public {
        VM.prank(ALICE);
        d.vault.setRecipient(MALLORY);
        _name(FRIEND);
        VM.prank(FRIEND);
        d.vault.startRecovery(ALICE, ALICE);
        VM.warp(block.timestamp + RECOVERY);
        d.vault.finishRecovery(ALICE);
        same(d.vault.recipientOf(ALICE), ALICE, "recipient");
        refused(MALLORY, abi.encodeWithSelector(IVault.ClaimNotAllowed.selector, ALICE, MALLORY));
        d.vault.claim(ALICE, 10 ether, proofOf(leaves, 0));
    }

    function test_an_account_can_be_recovered_again() public {
        _name(FRIEND);
        _start();
        VM.warp(block.timestamp + RECOVERY);
        d.vault.finishRecovery(ALICE);
        VM.prank(FRIEND);
        d.vault.startRecovery(ALICE, BOB);
        VM.warp(block.timestamp + RECOVERY);
        d.vault.finishRecovery(ALICE);
        same(d.vault.recipientOf(ALICE), BOB, "recipient");
    }

    function test_a_recovery_moves_no_credit() public {
        _name(FRIEND);
        claimAs(ALICE, ALICE, 10 ether, proofOf(leaves, 0));
        VM.prank(FRIEND);
        d.vault.startRecovery(ALICE, BOB);
        VM.warp(block.timestamp + RECOVERY);
        d.vault.finishRecovery(ALICE);
        same(claimAs(BOB, ALICE, 10 ether, proofOf(leaves, 0)), 0, "what was claimed stays claimed");
        same(claimAs(BOB, BOB, 20 ether, proofOf(leaves, 1)), 20 ether, "Bob's own");
    }

    function testFuzz_no_recovery_ends_before_its_delay(uint256 wait) public {
        _name(FRIEND);
        _start();
        uint64 readyAt = uint64(block.timestamp) + RECOVERY;
        VM.warp(block.timestamp + bounded(wait, 0, 2 * RECOVERY));
        bool ready = block.timestamp >= readyAt;
        if (!ready) VM.expectRevert(abi.encodeWithSelector(IVault.RecoveryNotReady.selector, readyAt));
        d.vault.finishRecovery(ALICE);
        same(d.vault.recipientOf(ALICE), ready ? CAROL : ALICE, "recipient");
    }

    function _name(address recovery) private {
        VM.prank(ALICE);
        d.vault.setRecovery(recovery);
    }

    function _start() private {
        VM.prank(FRIEND);
        d.vault.startRecovery(ALICE, CAROL);
    }

    function _refuseStart(address caller, bytes memory error) private {
        refused(caller, error);
        d.vault.startRecovery(ALICE, CAROL);
    }
}
