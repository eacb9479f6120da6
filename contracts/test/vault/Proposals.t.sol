// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {VM} from "../../script/Vm.sol";
import {Texts} from "../../src/Texts.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {VaultFixture} from "./VaultFixture.sol";

/// @title Which roots may be proposed, when, and by whom
contract ProposalsTest is VaultFixture {
    bytes32 internal constant ROOT = keccak256("root");

    function setUp() public override {
        super.setUp();
        inflow(100 ether);
        VM.warp(GENESIS + EPOCH_LENGTH);
    }

    function test_a_proposal_waits_for_its_window() public {
        expectEvent();
        emit IVault.RootProposed(1, ROOT, 0, MANIFEST, 40 ether, BUNDLE, PROPOSER);
        _submit(1, 0, ROOT, 40 ether);
        IVault.Pending memory waiting = d.vault.pendingRoot();
        same(waiting.root.payoutRoot, ROOT, "root");
        same(waiting.root.manifestHash, MANIFEST, "manifest");
        same(waiting.root.total, 40 ether, "total");
        same(waiting.root.epoch, 1, "epoch");
        same(waiting.readyAt, block.timestamp + WINDOW, "ready at");
        same(waiting.proposer, PROPOSER, "proposer");
        truth(!waiting.byAnyone, "by the proposer");
        same(waiting.bond, 0, "bond");
        same(d.vault.bonds(), 0, "bonds");
        same(d.vault.finalRoot().payoutRoot, 0, "nothing is final");
        booksHold();
    }

    function test_the_root_before_must_be_the_last_final_one() public {
        _refuse(abi.encodeWithSelector(IVault.PreviousRootWrong.selector, ROOT, 0));
        _submit(1, ROOT, ROOT, 1 ether);
        bytes32[] memory first = one(ALICE, 1 ether);
        bytes32[] memory second = one(ALICE, 2 ether);
        makeFinal(first, 1 ether);
        makeFinal(second, 2 ether);
        VM.warp(GENESIS + 30 * EPOCH_LENGTH);
        _refuse(abi.encodeWithSelector(IVault.PreviousRootWrong.selector, 0, rootOf(second)));
        _submit(3, 0, ROOT, 2 ether);
        _refuse(abi.encodeWithSelector(IVault.PreviousRootWrong.selector, rootOf(first), rootOf(second)));
        _submit(3, rootOf(first), ROOT, 2 ether);
        _submit(3, rootOf(second), ROOT, 2 ether);
    }

    function test_an_epoch_must_have_ended() public {
        VM.warp(GENESIS + 3 * EPOCH_LENGTH - 1);
        _refuse(abi.encodeWithSelector(IVault.EpochInvalid.selector, 3, 0));
        _submit(3, 0, ROOT, 1 ether);
        _refuse(abi.encodeWithSelector(IVault.EpochInvalid.selector, type(uint64).max, 0));
        _submit(type(uint64).max, 0, ROOT, 1 ether);
        VM.warp(GENESIS + 3 * EPOCH_LENGTH);
        _submit(3, 0, ROOT, 1 ether);
        same(d.vault.pendingRoot().root.epoch, 3, "one root may cover several epochs");
    }

    function test_an_epoch_must_be_after_the_last_final_one() public {
        _refuse(abi.encodeWithSelector(IVault.EpochInvalid.selector, 0, 0));
        _submit(0, 0, ROOT, 1 ether);
        makeFinal(one(ALICE, 1 ether), 1 ether);
        bytes32 last = rootOf(one(ALICE, 1 ether));
        _refuse(abi.encodeWithSelector(IVault.EpochInvalid.selector, 1, 1));
        _submit(1, last, ROOT, 1 ether);
        _refuse(abi.encodeWithSelector(IVault.EpochInvalid.selector, 0, 1));
        _submit(0, last, ROOT, 1 ether);
        _submit(2, last, ROOT, 1 ether);
    }

    function test_root_manifest_and_bundle_must_be_named() public {
        bytes memory incomplete = abi.encodeWithSelector(IVault.RootIncomplete.selector);
        refused(PROPOSER, incomplete);
        d.vault.proposeRoot(1, 0, 0, MANIFEST, 1 ether, BUNDLE);
        refused(PROPOSER, incomplete);
        d.vault.proposeRoot(1, 0, ROOT, 0, 1 ether, BUNDLE);
        refused(PROPOSER, incomplete);
        d.vault.proposeRoot(1, 0, ROOT, MANIFEST, 1 ether, "");
    }

    function test_one_root_waits_at_a_time() public {
        _submit(1, 0, ROOT, 1 ether);
        _refuse(abi.encodeWithSelector(IVault.RootPending.selector, ROOT));
        _submit(1, 0, MANIFEST, 1 ether);
        VM.warp(block.timestamp + 365 days);
        _refuse(abi.encodeWithSelector(IVault.RootPending.selector, ROOT));
        _submit(2, 0, MANIFEST, 1 ether);
        fund(ALICE, LIVENESS_BOND);
        refused(ALICE, abi.encodeWithSelector(IVault.RootPending.selector, ROOT));
        d.vault.proposeRoot(2, 0, MANIFEST, MANIFEST, 1 ether, BUNDLE);
    }

    function test_a_total_may_be_all_that_came_in_and_no_more() public {
        _refuse(abi.encodeWithSelector(IVault.TotalInvalid.selector, 100 ether + 1, 0, 100 ether));
        _submit(1, 0, ROOT, 100 ether + 1);
        _submit(1, 0, ROOT, 100 ether);
    }

    function test_what_is_held_apart_is_no_inflow() public {
        proposeByAnyone(ALICE, ROOT, 1 ether);
        dispute(BOB);
        VM.prank(timelock);
        d.vault.cancelRoot(ROOT);
        same(d.vault.received(), 100 ether + LIVENESS_BOND, "a forfeited bond is inflow");
        fund(CAROL, 7 ether);
        VM.prank(CAROL);
        require(d.token.transfer(address(d.vault), 7 ether));
        uint256 most = 100 ether + LIVENESS_BOND;
        _refuse(abi.encodeWithSelector(IVault.TotalInvalid.selector, most + 1, 0, most));
        _submit(1, 0, ROOT, most + 1);
    }

    function test_a_total_may_stay_and_never_falls() public {
        makeFinal(one(ALICE, 40 ether), 40 ether);
        bytes32 last = rootOf(one(ALICE, 40 ether));
        _refuse(abi.encodeWithSelector(IVault.TotalInvalid.selector, 40 ether - 1, 40 ether, 100 ether));
        _submit(2, last, ROOT, 40 ether - 1);
        _submit(2, last, ROOT, 40 ether);
    }

    function test_a_total_grows_by_the_cap_of_its_epoch_at_most() public {
        inflow(2 * CAP);
        _refuse(abi.encodeWithSelector(IVault.TotalInvalid.selector, CAP + 1, 0, CAP));
        _submit(1, 0, ROOT, CAP + 1);
        makeFinal(one(ALICE, CAP), CAP);
        bytes32 last = rootOf(one(ALICE, CAP));
        _refuse(abi.encodeWithSelector(IVault.TotalInvalid.selector, 2 * CAP + 1, CAP, 2 * CAP));
        _submit(2, last, ROOT, 2 * CAP + 1);
        _submit(2, last, ROOT, 2 * CAP);
    }

    function test_a_root_of_several_epochs_grows_by_the_cap_of_each() public {
        inflow(9 * CAP);
        makeFinal(one(ALICE, CAP), CAP);
        bytes32 last = rootOf(one(ALICE, CAP));
        VM.warp(GENESIS + 5 * EPOCH_LENGTH);
        _refuse(abi.encodeWithSelector(IVault.TotalInvalid.selector, 5 * CAP + 1, CAP, 5 * CAP));
        _submit(5, last, ROOT, 5 * CAP + 1);
        _submit(5, last, ROOT, 5 * CAP);
    }

    function test_a_bundles_address_is_bounded() public {
        string memory longest = string(new bytes(2048));
        refused(PROPOSER, abi.encodeWithSelector(Texts.TextTooLong.selector, 2049, 2048));
        d.vault.proposeRoot(1, 0, ROOT, MANIFEST, 1 ether, string.concat(longest, "x"));
        VM.prank(PROPOSER);
        d.vault.proposeRoot(1, 0, ROOT, MANIFEST, 1 ether, longest);
    }

    function test_the_liveness_delay_of_a_late_deployment_counts_from_it() public {
        VM.warp(GENESIS + 100 days);
        useToken(d.token);
        same(d.vault.livenessAt(), GENESIS + 100 days + LIVENESS, "live at");
    }

    function test_no_cap_and_a_cap_of_zero() public {
        makeFinal(one(ALICE, 1 ether), 1 ether);
        bytes32 last = rootOf(one(ALICE, 1 ether));
        _setCap(0);
        _refuse(abi.encodeWithSelector(IVault.TotalInvalid.selector, 1 ether + 1, 1 ether, 1 ether));
        _submit(2, last, ROOT, 1 ether + 1);
        _setCap(type(uint256).max);
        _refuse(abi.encodeWithSelector(IVault.TotalInvalid.selector, 100 ether + 1, 1 ether, 100 ether));
        _submit(2, last, ROOT, 100 ether + 1);
        _submit(2, last, ROOT, 100 ether);
    }

    function testFuzz_a_total_lies_between_the_last_and_what_came_in(uint256 first, uint256 total, uint256 cap) public {
        first = bounded(first, 1, 100 ether);
        makeFinal(one(ALICE, first), first);
        _setCap(cap);
        uint256 room = 100 ether - first;
        uint256 most = first + (cap < room ? cap : room);
        total = bounded(total, 0, 120 ether);
        VM.prank(PROPOSER);
        if (total < first || total > most) {
            VM.expectRevert(abi.encodeWithSelector(IVault.TotalInvalid.selector, total, first, most));
        }
        d.vault.proposeRoot(2, rootOf(one(ALICE, first)), ROOT, MANIFEST, total, BUNDLE);
    }

    function test_nobody_proposes_during_a_pause() public {
        pause();
        uint64 until = uint64(block.timestamp) + PAUSE;
        VM.warp(until - 1);
        _refuse(abi.encodeWithSelector(IVault.PausedNow.selector, until));
        _submit(1, 0, ROOT, 1 ether);
        VM.warp(until);
        _submit(1, 0, ROOT, 1 ether);
    }

    function test_before_the_first_root_anyone_may_propose_after_the_liveness_delay() public {
        uint64 liveAt = GENESIS + EPOCH_LENGTH + LIVENESS;
        same(d.vault.livenessAt(), liveAt, "live at");
        fund(ALICE, LIVENESS_BOND);
        VM.warp(liveAt - 1);
        address[4] memory others = [ALICE, GUARDIAN, timelock, address(d.datanets)];
        for (uint256 i = 0; i < others.length; ++i) {
            refused(others[i], abi.encodeWithSelector(IVault.NotLive.selector, liveAt));
            d.vault.proposeRoot(1, 0, ROOT, MANIFEST, 1 ether, BUNDLE);
        }
        VM.warp(liveAt);
        expectEvent();
        emit IVault.RootProposed(1, ROOT, 0, MANIFEST, 1 ether, BUNDLE, ALICE);
        VM.prank(ALICE);
        d.vault.proposeRoot(1, 0, ROOT, MANIFEST, 1 ether, BUNDLE);
        IVault.Pending memory waiting = d.vault.pendingRoot();
        truth(waiting.byAnyone, "by anyone");
        same(waiting.proposer, ALICE, "proposer");
        same(waiting.bond, LIVENESS_BOND, "bond");
        same(d.vault.bonds(), LIVENESS_BOND, "bonds");
        same(d.vault.received(), 100 ether, "received");
        booksHold();
    }

    function test_the_liveness_delay_counts_from_the_last_final_root() public {
        makeFinal(one(ALICE, 1 ether), 1 ether);
        uint64 liveAt = uint64(block.timestamp) + LIVENESS;
        same(d.vault.livenessAt(), liveAt, "live at");
        fund(ALICE, LIVENESS_BOND);
        bytes32 last = rootOf(one(ALICE, 1 ether));
        VM.warp(liveAt - 1);
        refused(ALICE, abi.encodeWithSelector(IVault.NotLive.selector, liveAt));
        d.vault.proposeRoot(2, last, ROOT, MANIFEST, 1 ether, BUNDLE);
        VM.warp(liveAt);
        VM.prank(ALICE);
        d.vault.proposeRoot(2, last, ROOT, MANIFEST, 1 ether, BUNDLE);
    }

    function test_anyone_needs_the_bond() public {
        VM.warp(d.vault.livenessAt());
        fund(ALICE, LIVENESS_BOND - 1);
        refused(
            ALICE,
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientBalance.selector, ALICE, LIVENESS_BOND - 1, LIVENESS_BOND
            )
        );
        d.vault.proposeRoot(1, 0, ROOT, MANIFEST, 1 ether, BUNDLE);
        same(d.vault.pendingRoot().readyAt, 0, "no root waits");
        setBonds(DISPUTE_BOND, 0);
        VM.prank(ALICE);
        d.vault.proposeRoot(1, 0, ROOT, MANIFEST, 1 ether, BUNDLE);
        truth(d.vault.pendingRoot().byAnyone, "without a bond, but by anyone");
    }

    function test_the_proposer_needs_no_bond_after_the_liveness_delay() public {
        VM.warp(d.vault.livenessAt() + 365 days);
        _submit(1, 0, ROOT, 1 ether);
        truth(!d.vault.pendingRoot().byAnyone, "by the proposer");
        same(d.vault.bonds(), 0, "bonds");
    }

    function test_another_bond_later_leaves_the_one_that_is_held() public {
        proposeByAnyone(ALICE, ROOT, 1 ether);
        setBonds(1, 1);
        VM.warp(block.timestamp + WINDOW);
        d.vault.finalizeRoot(ROOT);
        same(d.token.balanceOf(ALICE), LIVENESS_BOND, "what was put up comes back");
        same(d.vault.bonds(), 0, "bonds");
        booksHold();
    }

    function _submit(uint64 epoch, bytes32 previous, bytes32 root, uint256 total) private {
        VM.prank(PROPOSER);
        d.vault.proposeRoot(epoch, previous, root, MANIFEST, total, BUNDLE);
    }

    /// @dev The next submission is refused.
    function _refuse(bytes memory error) private {
        VM.expectRevert(error);
    }

    function _setCap(uint256 cap) private {
        VM.prank(timelock);
        d.vault.setParameters(IVault.Parameters(cap, DISPUTE_BOND, LIVENESS_BOND));
    }
}
