// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../script/Vm.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {VaultFixture} from "./VaultFixture.sol";

/// @title Revocation of the last final root, during a pause
contract RevocationTest is VaultFixture {
    bytes32[] internal first;
    bytes32[] internal second;

    /// @dev Honest: Alice 10, Bob 20. Then wrong: Mallory 30 of what is unspent.
    function setUp() public override {
        super.setUp();
        inflow(100 ether);
        first = two(ALICE, 10 ether, BOB, 20 ether);
        second = new bytes32[](3);
        (second[0], second[1]) = (first[0], first[1]);
        second[2] = leafOf(MALLORY, 30 ether);
        makeFinal(first, 30 ether);
        makeFinal(second, 60 ether);
    }

    function test_a_revocation_brings_back_the_root_before() public {
        pause();
        expectEvent();
        emit IVault.RootRevoked(2, rootOf(second), 0);
        _revoke(second, 0);
        IVault.Root memory last = d.vault.finalRoot();
        same(last.payoutRoot, rootOf(first), "root");
        same(last.manifestHash, MANIFEST, "manifest");
        same(last.total, 30 ether, "total");
        same(last.epoch, 1, "epoch");
        same(d.vault.lost(), 0, "lost");
        same(d.vault.livenessAt(), block.timestamp + LIVENESS, "liveness counts from here");
        VM.warp(block.timestamp + PAUSE);
        VM.prank(MALLORY);
        VM.expectRevert(abi.encodeWithSelector(IVault.ProofInvalid.selector, MALLORY, 30 ether));
        d.vault.claim(MALLORY, 30 ether, proofOf(second, 2));
        claimAs(BOB, BOB, 20 ether, proofOf(first, 1));
        same(d.token.balanceOf(BOB), 20 ether, "Bob");
        booksHold();
    }

    function test_only_during_a_pause() public {
        refused(timelock, abi.encodeWithSelector(IVault.NotPaused.selector));
        d.vault.revokeRoot(rootOf(second), 0);
        pause();
        uint256 until = block.timestamp + PAUSE;
        VM.warp(until);
        refused(timelock, abi.encodeWithSelector(IVault.NotPaused.selector));
        d.vault.revokeRoot(rootOf(second), 0);
        VM.warp(until - 1);
        _revoke(second, 0);
    }

    function test_only_the_timelock_revokes() public {
        pause();
        address[4] memory others = [PROPOSER, GUARDIAN, address(d.datanets), MALLORY];
        bytes32 root = rootOf(second);
        for (uint256 i = 0; i < others.length; ++i) {
            refused(others[i], unauthorized(others[i], 0));
            d.vault.revokeRoot(root, 0);
        }
    }

    function test_only_the_last_final_root_is_revoked() public {
        pause();
        (bytes32 last, bytes32 before) = (rootOf(second), rootOf(first));
        refused(timelock, abi.encodeWithSelector(IVault.RootMismatch.selector, before, last));
        d.vault.revokeRoot(before, 0);
        refused(timelock, abi.encodeWithSelector(IVault.RootMismatch.selector, bytes32(0), last));
        d.vault.revokeRoot(0, 0);
    }

    function test_the_root_before_a_revoked_one_stays() public {
        pause();
        _revoke(second, 0);
        bytes32 before = rootOf(first);
        refused(timelock, abi.encodeWithSelector(IVault.NothingToRevoke.selector));
        d.vault.revokeRoot(before, 0);
    }

    function test_a_root_after_a_revocation_can_be_revoked_again() public {
        pause();
        _revoke(second, 0);
        VM.warp(block.timestamp + PAUSE);
        bytes32[] memory third = two(ALICE, 15 ether, BOB, 25 ether);
        makeFinal(third, 40 ether);
        VM.warp(block.timestamp + COOLDOWN);
        pause();
        _revoke(third, 0);
        same(d.vault.finalRoot().payoutRoot, rootOf(first), "root");
        same(d.vault.finalRoot().total, 30 ether, "total");
    }

    function test_the_loss_is_at_most_what_was_claimed_under_the_revoked_root() public {
        claimAs(ALICE, ALICE, 10 ether, proofOf(second, 0));
        claimAs(MALLORY, MALLORY, 30 ether, proofOf(second, 2));
        pause();
        bytes32 root = rootOf(second);
        refused(timelock, abi.encodeWithSelector(IVault.LossInvalid.selector, 40 ether + 1, 40 ether));
        d.vault.revokeRoot(root, 40 ether + 1);
        expectEvent();
        emit IVault.RootRevoked(2, root, 40 ether);
        _revoke(second, 40 ether);
        same(d.vault.lost(), 40 ether, "lost");
        same(d.vault.finalRoot().total, 30 ether, "the total is the one before");
    }

    function test_what_was_claimed_before_is_not_claimed_under_the_revoked_root() public {
        bytes32[] memory third = two(ALICE, 15 ether, MALLORY, 45 ether);
        claimAs(BOB, BOB, 20 ether, proofOf(second, 1));
        makeFinal(third, 60 ether);
        claimAs(ALICE, ALICE, 15 ether, proofOf(third, 0));
        pause();
        bytes32 root = rootOf(third);
        refused(timelock, abi.encodeWithSelector(IVault.LossInvalid.selector, 15 ether + 1, 15 ether));
        d.vault.revokeRoot(root, 15 ether + 1);
        _revoke(third, 15 ether);
    }

    function test_a_loss_falls_on_what_is_unspent_and_not_on_who_claims_last() public {
        claimAs(MALLORY, MALLORY, 30 ether, proofOf(second, 2));
        pause();
        _revoke(second, 30 ether);
        VM.warp(block.timestamp + PAUSE);
        claimAs(ALICE, ALICE, 10 ether, proofOf(first, 0));
        claimAs(BOB, BOB, 20 ether, proofOf(first, 1));
        same(d.vault.claimedTotal(), 60 ether, "claimed");
        bytes32 last = rootOf(first);
        VM.prank(PROPOSER);
        VM.expectRevert(abi.encodeWithSelector(IVault.TotalInvalid.selector, 70 ether + 1, 30 ether, 70 ether));
        d.vault.proposeRoot(2, last, MANIFEST, MANIFEST, 70 ether + 1, BUNDLE);
        bytes32[] memory third = two(ALICE, 30 ether, BOB, 40 ether);
        makeFinal(third, 70 ether);
        claimAs(ALICE, ALICE, 30 ether, proofOf(third, 0));
        claimAs(BOB, BOB, 40 ether, proofOf(third, 1));
        same(d.token.balanceOf(address(d.vault)), 0, "all is paid");
        booksHold();
    }

    function test_without_a_loss_claims_under_the_revoked_root_stand_in_the_way_of_the_last() public {
        claimAs(MALLORY, MALLORY, 30 ether, proofOf(second, 2));
        pause();
        _revoke(second, 0);
        VM.warp(block.timestamp + PAUSE);
        refused(ALICE, abi.encodeWithSelector(IVault.TotalExceeded.selector, 40 ether, 30 ether));
        d.vault.claim(ALICE, 10 ether, proofOf(first, 0));
    }

    function test_losses_add_up() public {
        claimAs(MALLORY, MALLORY, 30 ether, proofOf(second, 2));
        pause();
        _revoke(second, 30 ether);
        VM.warp(block.timestamp + PAUSE);
        bytes32[] memory third = two(ALICE, 10 ether, CAROL, 50 ether);
        makeFinal(third, 60 ether);
        claimAs(CAROL, CAROL, 50 ether, proofOf(third, 1));
        VM.warp(block.timestamp + COOLDOWN);
        pause();
        _revoke(third, 5 ether);
        same(d.vault.lost(), 35 ether, "lost");
        same(d.vault.finalRoot().total, 30 ether, "total");
        VM.warp(block.timestamp + PAUSE);
        bytes32 last = rootOf(first);
        VM.prank(PROPOSER);
        VM.expectRevert(abi.encodeWithSelector(IVault.TotalInvalid.selector, 65 ether + 1, 30 ether, 65 ether));
        d.vault.proposeRoot(2, last, MANIFEST, MANIFEST, 65 ether + 1, BUNDLE);
    }

    function test_a_revocation_drops_the_pending_root_and_returns_both_bonds() public {
        bytes32 root = keccak256("pending");
        proposeByAnyone(ALICE, root, 60 ether);
        dispute(BOB);
        pause();
        expectEvent();
        emit IVault.RootRevoked(2, rootOf(second), 0);
        expectEvent();
        emit IVault.RootCancelled(3, root, timelock);
        _revoke(second, 0);
        same(d.token.balanceOf(ALICE), LIVENESS_BOND, "proposer");
        same(d.token.balanceOf(BOB), DISPUTE_BOND, "disputer");
        same(d.vault.bonds(), 0, "bonds");
        same(d.vault.pendingRoot().readyAt, 0, "the slot is free");
        same(d.vault.dispute().disputer, address(0), "no dispute is left");
        booksHold();
    }

    function testFuzz_a_loss_is_bounded_and_the_books_hold(uint256 claim, uint256 loss) public {
        bool byMallory = claim % 2 == 0;
        uint256 under = byMallory ? 30 ether : 10 ether;
        if (byMallory) claimAs(MALLORY, MALLORY, 30 ether, proofOf(second, 2));
        else claimAs(ALICE, ALICE, 10 ether, proofOf(second, 0));
        loss = bounded(loss, 0, 60 ether);
        pause();
        bytes32 root = rootOf(second);
        VM.prank(timelock);
        if (loss > under) VM.expectRevert(abi.encodeWithSelector(IVault.LossInvalid.selector, loss, under));
        d.vault.revokeRoot(root, loss);
        same(d.vault.lost(), loss > under ? 0 : loss, "lost");
        same(d.vault.finalRoot().total, loss > under ? 60 ether : 30 ether, "total");
        booksHold();
    }

    function _revoke(bytes32[] memory leaves, uint256 loss) private {
        bytes32 root = rootOf(leaves);
        VM.prank(timelock);
        d.vault.revokeRoot(root, loss);
    }
}

/// @title Revocation of the very first root
contract FirstRevocationTest is VaultFixture {
    function test_after_the_first_root_is_revoked_none_is_final() public {
        inflow(100 ether);
        pause();
        refused(timelock, abi.encodeWithSelector(IVault.NothingToRevoke.selector));
        d.vault.revokeRoot(0, 0);
        VM.warp(block.timestamp + PAUSE + COOLDOWN);
        bytes32[] memory leaves = one(MALLORY, 30 ether);
        makeFinal(leaves, 30 ether);
        claimAs(MALLORY, MALLORY, 30 ether, new bytes32[](0));
        pause();
        VM.prank(timelock);
        d.vault.revokeRoot(leaves[0], 30 ether);
        same(d.vault.finalRoot().payoutRoot, 0, "no root");
        same(d.vault.finalRoot().total, 0, "no total");
        same(d.vault.livenessAt(), block.timestamp + LIVENESS, "liveness counts from the revocation");
        VM.warp(block.timestamp + PAUSE);
        refused(MALLORY, abi.encodeWithSelector(IVault.NoFinalRoot.selector));
        d.vault.claim(MALLORY, 30 ether, new bytes32[](0));
        makeFinal(one(ALICE, 70 ether), 70 ether);
        claimAs(ALICE, ALICE, 70 ether, new bytes32[](0));
        same(d.token.balanceOf(address(d.vault)), 0, "all is paid");
        booksHold();
    }
}
