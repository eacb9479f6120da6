// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../script/Vm.sol";
import {Governed} from "../../src/Governed.sol";
import {IDatanetRegistry} from "../../src/interfaces/IDatanetRegistry.sol";
import {ContributionId, DatanetId} from "../../src/types.sol";
import {Registries} from "./Registries.sol";

/// @title Contributions: committed, shown, taken back
contract ContributionsTest is Registries {
    bytes32 private constant CONTENT = keccak256("content");
    bytes32 private constant SALT = "a secret";

    DatanetId private _datanet;

    function setUp() public override {
        super.setUp();
        _datanet = makeDatanet("datanet", 2, 3);
    }

    function test_a_contribution_is_committed_and_shown() public {
        bytes32 commitment = commitmentOf(CONTENT, CONTRIBUTOR, SALT);
        ContributionId id = contributionOf(_datanet, commitment);
        IDatanetRegistry.Content memory content = contentOf(CONTENT);
        shared(content, 2, 5000);
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.ContributionCommitted(commitment, _datanet, CONTRIBUTOR);
        committed(_datanet, CONTRIBUTOR, CONTENT, SALT);
        stateIs(id, IDatanetRegistry.State.Unknown);
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.ContributionSubmitted(
            id,
            _datanet,
            CONTRIBUTOR,
            commitment,
            CONTENT,
            10,
            "ipfs://bytes",
            LICENCE,
            content.beneficiaries,
            content.shares
        );
        ContributionId shown = _show(content);
        same(ContributionId.unwrap(shown), ContributionId.unwrap(id), "id");
        stateIs(id, IDatanetRegistry.State.Submitted);
    }

    // Commitments

    function test_a_commitment_is_made_once_and_to_a_datanet_that_exists() public {
        bytes32 commitment = commitmentOf(CONTENT, CONTRIBUTOR, SALT);
        committed(_datanet, CONTRIBUTOR, CONTENT, SALT);
        refuse(abi.encodeWithSelector(IDatanetRegistry.CommitmentKnown.selector, commitment));
        VM.prank(CONTRIBUTOR);
        d.datanets.commit(_datanet, commitment);
        DatanetId unknown = DatanetId.wrap("unknown");
        refuse(abi.encodeWithSelector(IDatanetRegistry.DatanetUnknown.selector, unknown));
        d.datanets.commit(unknown, commitment);
    }

    function test_a_commitment_cannot_be_shown_before_its_blocks_have_passed() public {
        uint256 height = VM.getBlockNumber();
        VM.prank(CONTRIBUTOR);
        d.datanets.commit(_datanet, commitmentOf(CONTENT, CONTRIBUTOR, SALT));
        for (uint256 i = 0; i < 2; ++i) {
            VM.roll(height + i);
            refuse(abi.encodeWithSelector(IDatanetRegistry.RevealTooEarly.selector, height + i, height + 2));
            _show(contentOf(CONTENT));
        }
        VM.roll(height + 2);
        _show(contentOf(CONTENT));
    }

    function test_what_was_not_committed_cannot_be_shown() public {
        refuse(
            abi.encodeWithSelector(
                IDatanetRegistry.CommitmentUnknown.selector, commitmentOf(CONTENT, CONTRIBUTOR, SALT)
            )
        );
        _show(contentOf(CONTENT));
    }

    function test_a_commitment_to_one_datanet_shows_nothing_in_another() public {
        DatanetId other = makeDatanet("other", 1, 1);
        committed(_datanet, CONTRIBUTOR, CONTENT, SALT);
        refuse(
            abi.encodeWithSelector(
                IDatanetRegistry.CommitmentUnknown.selector, commitmentOf(CONTENT, CONTRIBUTOR, SALT)
            )
        );
        VM.prank(CONTRIBUTOR);
        d.datanets.submit(other, SALT, contentOf(CONTENT));
    }

    function testFuzz_other_content_or_another_salt_does_not_open_a_commitment(bytes32 content, bytes32 salt) public {
        VM.assume(content != CONTENT || salt != SALT);
        committed(_datanet, CONTRIBUTOR, CONTENT, SALT);
        refuse(
            abi.encodeWithSelector(
                IDatanetRegistry.CommitmentUnknown.selector, commitmentOf(content, CONTRIBUTOR, salt)
            )
        );
        VM.prank(CONTRIBUTOR);
        d.datanets.submit(_datanet, salt, contentOf(content));
    }

    /// @dev The copier sees the commitment in the mempool, commits it first, and later sees content and salt as well.
    function testFuzz_a_copier_can_neither_show_a_commitment_nor_block_its_owner(address copier) public {
        VM.assume(copier != CONTRIBUTOR && copier != address(0));
        bytes32 commitment = commitmentOf(CONTENT, CONTRIBUTOR, SALT);
        VM.prank(copier);
        d.datanets.commit(_datanet, commitment);
        committed(_datanet, CONTRIBUTOR, CONTENT, SALT);
        refuse(abi.encodeWithSelector(IDatanetRegistry.CommitmentUnknown.selector, commitmentOf(CONTENT, copier, SALT)));
        VM.prank(copier);
        d.datanets.submit(_datanet, SALT, contentOf(CONTENT));
        ContributionId id = _show(contentOf(CONTENT));
        same(ContributionId.unwrap(id), ContributionId.unwrap(contributionOf(_datanet, commitment)), "id");
        stateIs(id, IDatanetRegistry.State.Submitted);
        refuse(abi.encodeWithSelector(IDatanetRegistry.NotContributor.selector, id, copier));
        VM.prank(copier);
        d.datanets.withdraw(id);
    }

    /// @dev Who commits shown content under their own name holds a later commitment, and another contribution.
    function test_shown_content_can_be_committed_again_but_only_later_and_as_another_contribution() public {
        committed(_datanet, CONTRIBUTOR, CONTENT, SALT);
        ContributionId first = _show(contentOf(CONTENT));
        committed(_datanet, STRANGER, CONTENT, SALT);
        VM.prank(STRANGER);
        ContributionId second = d.datanets.submit(_datanet, SALT, contentOf(CONTENT));
        truth(ContributionId.unwrap(first) != ContributionId.unwrap(second), "apart");
    }

    // Content

    function test_a_contribution_is_shown_once() public {
        committed(_datanet, CONTRIBUTOR, CONTENT, SALT);
        ContributionId id = _show(contentOf(CONTENT));
        _refuseAgain(id, IDatanetRegistry.State.Submitted);
        vote(id, 0, false);
        vote(id, 1, false);
        _refuseAgain(id, IDatanetRegistry.State.Rejected);
    }

    function _refuseAgain(ContributionId id, IDatanetRegistry.State state) private {
        refuse(abi.encodeWithSelector(IDatanetRegistry.StateInvalid.selector, id, state));
        _show(contentOf(CONTENT));
    }

    function test_a_contribution_holds_one_item_to_the_datanets_most() public {
        committed(_datanet, CONTRIBUTOR, CONTENT, SALT);
        IDatanetRegistry.Content memory content = contentOf(CONTENT);
        content.itemCount = 0;
        _refuseContent(content, abi.encodeWithSelector(IDatanetRegistry.ItemCountInvalid.selector, 0, ITEMS_MAX));
        content.itemCount = ITEMS_MAX + 1;
        bytes memory reason =
            abi.encodeWithSelector(IDatanetRegistry.ItemCountInvalid.selector, ITEMS_MAX + 1, ITEMS_MAX);
        _refuseContent(content, reason);
        VM.prank(OWNER);
        d.datanets.setItemsMax(_datanet, ITEMS_MAX + 1);
        _show(content);
    }

    function test_a_contribution_accepts_the_present_licence_word_for_word() public {
        committed(_datanet, CONTRIBUTOR, CONTENT, SALT);
        IDatanetRegistry.Content memory content = contentOf(CONTENT);
        content.licence = "cc-by-4.0";
        bytes memory reason = abi.encodeWithSelector(IDatanetRegistry.LicenceNotAccepted.selector, "cc-by-4.0", LICENCE);
        _refuseContent(content, reason);
        VM.prank(OWNER);
        d.datanets.setLicence(_datanet, "cc-by-4.0");
        content.licence = LICENCE;
        reason = abi.encodeWithSelector(IDatanetRegistry.LicenceNotAccepted.selector, LICENCE, "cc-by-4.0");
        _refuseContent(content, reason);
        content.licence = "cc-by-4.0";
        _show(content);
    }

    function test_beneficiaries_and_shares_are_as_many_and_at_most_thirty_two() public {
        committed(_datanet, CONTRIBUTOR, CONTENT, SALT);
        IDatanetRegistry.Content memory content = contentOf(CONTENT);
        shared(content, 2, 5000);
        content.shares = new uint16[](1);
        content.shares[0] = 10_000;
        _refuseBeneficiaries(content, 2, 10_000);
        content.beneficiaries = new address[](0);
        _refuseBeneficiaries(content, 0, 10_000);
        content.shares = new uint16[](3);
        _refuseBeneficiaries(content, 0, 0);
        shared(content, 33, 300);
        content.shares[0] = 400;
        _refuseBeneficiaries(content, 33, 10_000);
        shared(content, 32, 300);
        content.shares[0] = 700;
        _show(content);
    }

    function test_shares_of_one_basis_point_too_few_or_too_many_are_refused() public {
        committed(_datanet, CONTRIBUTOR, CONTENT, SALT);
        IDatanetRegistry.Content memory content = contentOf(CONTENT);
        shared(content, 2, 5000);
        content.shares[1] = 4999;
        _refuseBeneficiaries(content, 2, 9999);
        content.shares[1] = 5001;
        _refuseBeneficiaries(content, 2, 10_001);
        shared(content, 1, 0);
        _refuseBeneficiaries(content, 1, 0);
        shared(content, 1, 10_000);
        _show(content);
    }

    function test_a_beneficiary_is_somebody() public {
        committed(_datanet, CONTRIBUTOR, CONTENT, SALT);
        IDatanetRegistry.Content memory content = contentOf(CONTENT);
        shared(content, 2, 5000);
        content.beneficiaries[1] = address(0);
        _refuseContent(content, abi.encodeWithSelector(Governed.ZeroAddress.selector));
    }

    function testFuzz_shares_make_a_whole(uint16[] memory shares) public {
        committed(_datanet, CONTRIBUTOR, CONTENT, SALT);
        IDatanetRegistry.Content memory content = contentOf(CONTENT);
        uint256 count = shares.length == 0 ? 1 : shares.length > 32 ? 32 : shares.length;
        shared(content, count, 0);
        uint256 sum = 0;
        for (uint256 i = 0; i < count && i < shares.length; ++i) {
            content.shares[i] = shares[i];
            sum += shares[i];
        }
        if (sum != 10_000) _refuseBeneficiaries(content, count, sum);
        uint16 rest = 10_000;
        for (uint256 i = 0; i + 1 < count; ++i) {
            content.shares[i] %= rest + 1;
            rest -= content.shares[i];
        }
        content.shares[count - 1] = rest;
        _show(content);
    }

    function _refuseBeneficiaries(IDatanetRegistry.Content memory content, uint256 count, uint256 sum) private {
        _refuseContent(content, abi.encodeWithSelector(IDatanetRegistry.BeneficiariesInvalid.selector, count, sum));
    }

    function _refuseContent(IDatanetRegistry.Content memory content, bytes memory reason) private {
        refuse(reason);
        _show(content);
    }

    // Withdrawal

    function test_a_contributor_takes_a_contribution_back_and_it_stays_away() public {
        committed(_datanet, CONTRIBUTOR, CONTENT, SALT);
        ContributionId id = _show(contentOf(CONTENT));
        vote(id, 0, true);
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.ContributionWithdrawn(id);
        VM.prank(CONTRIBUTOR);
        d.datanets.withdraw(id);
        stateIs(id, IDatanetRegistry.State.Withdrawn);
        bytes memory reason =
            abi.encodeWithSelector(IDatanetRegistry.StateInvalid.selector, id, IDatanetRegistry.State.Withdrawn);
        refuse(reason);
        VM.prank(CONTRIBUTOR);
        d.datanets.withdraw(id);
        refuse(reason);
        _show(contentOf(CONTENT));
        refuse(reason);
        vote(id, 1, true);
        refuse(reason);
        d.datanets.challenge(id, "evidence");
        refuse(
            abi.encodeWithSelector(IDatanetRegistry.CommitmentKnown.selector, commitmentOf(CONTENT, CONTRIBUTOR, SALT))
        );
        committed(_datanet, CONTRIBUTOR, CONTENT, SALT);
    }

    function test_a_decided_contribution_is_not_taken_back() public {
        committed(_datanet, CONTRIBUTOR, CONTENT, SALT);
        ContributionId id = _show(contentOf(CONTENT));
        vote(id, 0, true);
        vote(id, 1, true);
        refuse(abi.encodeWithSelector(IDatanetRegistry.StateInvalid.selector, id, IDatanetRegistry.State.Accepted));
        VM.prank(CONTRIBUTOR);
        d.datanets.withdraw(id);
    }

    function testFuzz_only_the_contributor_takes_back(address caller, bytes32 unknown) public {
        VM.assume(caller != CONTRIBUTOR && caller != address(0));
        committed(_datanet, CONTRIBUTOR, CONTENT, SALT);
        ContributionId id = _show(contentOf(CONTENT));
        VM.startPrank(caller);
        refuse(abi.encodeWithSelector(IDatanetRegistry.NotContributor.selector, id, caller));
        d.datanets.withdraw(id);
        refuse(abi.encodeWithSelector(IDatanetRegistry.NotContributor.selector, unknown, caller));
        d.datanets.withdraw(ContributionId.wrap(unknown));
    }

    function _show(IDatanetRegistry.Content memory content) private returns (ContributionId) {
        VM.prank(CONTRIBUTOR);
        return d.datanets.submit(_datanet, SALT, content);
    }
}
