// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../script/Vm.sol";
import {IDatanetRegistry} from "../../src/interfaces/IDatanetRegistry.sol";
import {ContributionId, DatanetId, DatanetVersionId} from "../../src/types.sol";
import {NaiveTree} from "./NaiveTree.sol";
import {Registries} from "./Registries.sol";

/// @title Published versions of a datanet, removals, and the tree made again in bounded steps
contract VersionsTest is Registries {
    DatanetId private _datanet;
    ContributionId[] private _accepted;

    function setUp() public override {
        super.setUp();
        _datanet = makeDatanet("datanet", 1, 2);
        VM.prank(timelock);
        d.datanets.setChallengeBond(0);
    }

    function test_a_version_names_the_accepted_contributions_in_order_of_acceptance() public {
        ContributionId first = submitted(_datanet, CONTRIBUTOR, "first shown");
        ContributionId second = submitted(_datanet, CONTRIBUTOR, "second shown");
        ContributionId rejected = submitted(_datanet, CONTRIBUTOR, "rejected");
        ContributionId withdrawn = submitted(_datanet, CONTRIBUTOR, "withdrawn");
        submitted(_datanet, CONTRIBUTOR, "waiting");
        vote(second, 0, true);
        vote(rejected, 0, false);
        VM.prank(CONTRIBUTOR);
        d.datanets.withdraw(withdrawn);
        vote(first, 0, true);
        _accepted = [second, first];
        DatanetVersionId id = _publishes(1);
        truth(d.datanets.isVersion(id), "a version");
        truth(!d.datanets.isVersion(DatanetVersionId.wrap(DatanetId.unwrap(_datanet))), "nothing else is");
    }

    function test_versions_are_numbered_and_an_old_one_stays() public {
        _accept(1);
        DatanetVersionId one = _publishes(1);
        _accept(2);
        DatanetVersionId two = _publishes(2);
        truth(DatanetVersionId.unwrap(one) != DatanetVersionId.unwrap(two), "apart");
        removed(_accepted[0]);
        d.datanets.rebuild(_datanet, 10);
        _publishes(3);
        truth(d.datanets.isVersion(one) && d.datanets.isVersion(two), "still versions");
    }

    function test_nothing_is_published_of_nothing() public {
        _refuse(0, 0);
        submitted(_datanet, CONTRIBUTOR, "waiting");
        _refuse(0, 0);
        d.datanets.rebuild(_datanet, 10);
        _refuse(0, 0);
        ContributionId only = _accept(1);
        removed(only);
        _refuse(0, 1);
        d.datanets.rebuild(_datanet, 10);
        _refuse(1, 1);
        _accept(2);
        _publishes(1);
    }

    function test_after_a_removal_the_tree_is_made_again_in_steps() public {
        for (uint256 i = 0; i < 5; ++i) {
            _accept(i);
        }
        removed(_accepted[1]);
        _refuse(0, 5);
        d.datanets.rebuild(_datanet, 0);
        _refuse(0, 5);
        VM.prank(STRANGER);
        d.datanets.rebuild(_datanet, 2);
        _refuse(2, 5);
        _accept(5);
        _refuse(2, 6);
        d.datanets.rebuild(_datanet, 3);
        _refuse(5, 6);
        d.datanets.rebuild(_datanet, 1);
        _publishes(1);
        d.datanets.rebuild(_datanet, 100);
        _publishes(2);
        _accept(6);
        _publishes(3);
    }

    function test_a_removal_in_the_middle_of_a_rebuild_begins_it_anew() public {
        for (uint256 i = 0; i < 6; ++i) {
            _accept(i);
        }
        removed(_accepted[0]);
        d.datanets.rebuild(_datanet, 4);
        _refuse(4, 6);
        removed(_accepted[5]);
        _refuse(0, 6);
        d.datanets.rebuild(_datanet, 6);
        _publishes(1);
    }

    function test_a_challenge_that_was_rejected_leaves_the_tree() public {
        _accept(1);
        VM.prank(CHALLENGER);
        d.datanets.challenge(_accepted[0], "evidence");
        _publishes(1);
        VM.prank(timelock);
        d.datanets.resolveChallenge(_accepted[0], CHALLENGER, false);
        _publishes(2);
    }

    function test_a_contribution_of_one_datanet_is_in_no_other() public {
        _accept(1);
        DatanetId other = makeDatanet("other", 1, 2);
        refuse(abi.encodeWithSelector(IDatanetRegistry.VersionNotReady.selector, other, 0, 0));
        VM.prank(OWNER);
        d.datanets.publishVersion(other);
        ContributionId elsewhere = acceptedIn(other, 2);
        removed(elsewhere);
        _publishes(1);
    }

    function testFuzz_a_rebuild_of_an_unknown_datanet_does_nothing(DatanetId datanet, uint256 count) public {
        _accept(1);
        d.datanets.rebuild(datanet, count);
        d.datanets.rebuild(_datanet, count);
        _publishes(1);
    }

    /// forge-config: default.fuzz.runs = 200
    function testFuzz_a_version_is_the_naive_tree_with_any_removals(uint256 count, uint256 removals, uint256 step)
        public
    {
        count = 1 + count % 40;
        step = 1 + step % 41;
        for (uint256 i = 0; i < count; ++i) {
            _accept(i);
        }
        _publishes(1);
        uint256 gone = 0;
        for (uint256 i = 0; i < count; ++i) {
            if (removals >> i & 1 == 0) continue;
            removed(_accepted[i]);
            ++gone;
            if (removals >> 128 >> i & 1 == 0) d.datanets.rebuild(_datanet, step);
        }
        for (uint256 done = 0; gone != 0 && done < count; done += step) {
            d.datanets.rebuild(_datanet, step);
        }
        if (gone == count) {
            _refuse(count, count);
        } else {
            _publishes(2);
        }
        _accept(1000);
        _publishes(gone == count ? 2 : 3);
    }

    /// @dev Checks the event against the naive root over what was accepted and not removed.
    function _publishes(uint32 number) private returns (DatanetVersionId id) {
        id = DatanetVersionId.wrap(keccak256(abi.encode(_datanet, number)));
        bytes32[] memory leaves = _leaves();
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.DatanetVersionPublished(
            id, _datanet, number, NaiveTree.rootOf(leaves), uint32(leaves.length)
        );
        VM.prank(OWNER);
        DatanetVersionId published = d.datanets.publishVersion(_datanet);
        same(DatanetVersionId.unwrap(published), DatanetVersionId.unwrap(id), "id");
    }

    function _leaves() private view returns (bytes32[] memory leaves) {
        bytes32[] memory all = new bytes32[](_accepted.length);
        uint256 count = 0;
        for (uint256 i = 0; i < all.length; ++i) {
            if (d.datanets.stateOf(_accepted[i]) == IDatanetRegistry.State.Removed) continue;
            all[count++] = ContributionId.unwrap(_accepted[i]);
        }
        leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            leaves[i] = all[i];
        }
    }

    function _refuse(uint256 done, uint256 accepted) private {
        refuse(abi.encodeWithSelector(IDatanetRegistry.VersionNotReady.selector, _datanet, done, accepted));
        VM.prank(OWNER);
        d.datanets.publishVersion(_datanet);
    }

    function _accept(uint256 salt) private returns (ContributionId contribution) {
        contribution = acceptedIn(_datanet, salt);
        _accepted.push(contribution);
    }
}
