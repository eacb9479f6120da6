// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../script/Vm.sol";
import {IDatanetRegistry} from "../../src/interfaces/IDatanetRegistry.sol";
import {ContributionId, DatanetId} from "../../src/types.sol";
import {Registries} from "./Registries.sol";

/// @title Votes, and the decision that a quorum of them makes
contract ValidationTest is Registries {
    struct Vote {
        bool accepted;
        uint16 score;
        uint32 items;
    }

    function test_a_vote_is_an_event_and_decides_nothing_below_the_quorum() public {
        ContributionId id = _waiting(2, 3);
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.ContributionValidated(id, validatorAt(0), true, 10_000, 10);
        _vote(id, 0, Vote(true, 10_000, 10));
        stateIs(id, IDatanetRegistry.State.Submitted);
        _vote(id, 1, Vote(false, 0, 0));
        stateIs(id, IDatanetRegistry.State.Submitted);
    }

    function test_the_deciding_vote_decides_by_the_lower_median() public {
        ContributionId id = _waiting(2, 3);
        _vote(id, 0, Vote(true, 9000, 3));
        _vote(id, 1, Vote(false, 1, 0));
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.ContributionValidated(id, validatorAt(2), true, 4000, 7);
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.ContributionDecided(id, true, 4000, 3);
        _vote(id, 2, Vote(true, 4000, 7));
        stateIs(id, IDatanetRegistry.State.Accepted);
    }

    function test_a_rejection_counts_only_rejecting_votes() public {
        ContributionId id = _waiting(2, 3);
        _vote(id, 0, Vote(true, 9000, 10));
        _vote(id, 1, Vote(false, 100, 2));
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.ContributionDecided(id, false, 50, 0);
        _vote(id, 2, Vote(false, 50, 0));
        stateIs(id, IDatanetRegistry.State.Rejected);
    }

    function test_a_minority_of_the_deciding_votes_chooses_no_figure() public {
        ContributionId id = _waiting(3, 3);
        _vote(id, 0, Vote(true, 10_000, 10));
        _vote(id, 1, Vote(true, 500, 4));
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.ContributionDecided(id, true, 500, 4);
        _vote(id, 2, Vote(true, 0, 1));
    }

    function test_a_decided_contribution_takes_no_more_votes() public {
        ContributionId accepted = _waiting(1, 3);
        vote(accepted, 0, true);
        refuse(
            abi.encodeWithSelector(IDatanetRegistry.StateInvalid.selector, accepted, IDatanetRegistry.State.Accepted)
        );
        vote(accepted, 1, true);
        ContributionId rejected = submitted(datanetOf(OWNER, "datanet"), CONTRIBUTOR, "another");
        vote(rejected, 0, false);
        refuse(
            abi.encodeWithSelector(IDatanetRegistry.StateInvalid.selector, rejected, IDatanetRegistry.State.Rejected)
        );
        vote(rejected, 1, true);
    }

    function testFuzz_what_is_not_there_cannot_be_judged(ContributionId id) public {
        refuse(abi.encodeWithSelector(IDatanetRegistry.StateInvalid.selector, id, IDatanetRegistry.State.Unknown));
        vote(id, 0, true);
    }

    function test_a_validator_votes_once_either_way() public {
        ContributionId id = _waiting(2, 3);
        vote(id, 0, true);
        bytes memory reason = abi.encodeWithSelector(IDatanetRegistry.VotedAlready.selector, id, validatorAt(0));
        refuse(reason);
        vote(id, 0, true);
        refuse(reason);
        vote(id, 0, false);
    }

    function test_a_validator_who_left_and_came_back_still_has_one_vote() public {
        ContributionId id = _waiting(2, 3);
        DatanetId datanet = datanetOf(OWNER, "datanet");
        vote(id, 0, true);
        VM.startPrank(timelock);
        d.datanets.setValidator(datanet, validatorAt(0), false);
        d.datanets.setValidator(datanet, validatorAt(0), true);
        VM.stopPrank();
        refuse(abi.encodeWithSelector(IDatanetRegistry.VotedAlready.selector, id, validatorAt(0)));
        vote(id, 0, true);
    }

    function test_votes_already_cast_stay_when_their_validator_ends() public {
        ContributionId id = _waiting(2, 3);
        DatanetId datanet = datanetOf(OWNER, "datanet");
        vote(id, 0, true);
        VM.prank(timelock);
        d.datanets.setValidator(datanet, validatorAt(0), false);
        vote(id, 1, true);
        stateIs(id, IDatanetRegistry.State.Accepted);
    }

    function test_an_ended_validator_votes_no_more() public {
        ContributionId id = _waiting(2, 3);
        DatanetId datanet = datanetOf(OWNER, "datanet");
        VM.prank(timelock);
        d.datanets.setValidator(datanet, validatorAt(0), false);
        refuse(abi.encodeWithSelector(IDatanetRegistry.NotValidator.selector, datanet, validatorAt(0)));
        vote(id, 0, true);
    }

    function testFuzz_only_validators_of_the_datanet_vote(address caller) public {
        ContributionId id = _waiting(2, 3);
        DatanetId datanet = datanetOf(OWNER, "datanet");
        VM.prank(STRANGER);
        d.datanets.createDatanet("other", "name", LICENCE, "", 1, 1, validatorsUpTo(9));
        VM.assume(!d.datanets.isValidator(datanet, caller));
        refuse(abi.encodeWithSelector(IDatanetRegistry.NotValidator.selector, datanet, caller));
        VM.prank(caller);
        d.datanets.validate(id, true, 1, 1);
        refuse(abi.encodeWithSelector(IDatanetRegistry.NotValidator.selector, datanet, validatorAt(5)));
        vote(id, 5, true);
    }

    function test_a_validator_does_not_judge_an_own_contribution() public {
        DatanetId datanet = makeDatanet("datanet", 2, 3);
        ContributionId id = submitted(datanet, validatorAt(0), "salt");
        refuse(abi.encodeWithSelector(IDatanetRegistry.NotValidator.selector, datanet, validatorAt(0)));
        vote(id, 0, true);
        vote(id, 1, true);
        vote(id, 2, true);
        stateIs(id, IDatanetRegistry.State.Accepted);
    }

    function testFuzz_a_score_is_at_most_the_whole(uint16 score) public {
        ContributionId id = _waiting(2, 3);
        if (score > 10_000) refuse(abi.encodeWithSelector(IDatanetRegistry.ScoreInvalid.selector, score));
        _vote(id, 0, Vote(true, score, 1));
        refuse(abi.encodeWithSelector(IDatanetRegistry.ScoreInvalid.selector, 10_001));
        _vote(id, 1, Vote(true, 10_001, 1));
        _vote(id, 1, Vote(false, 10_000, 1));
    }

    function testFuzz_a_vote_finds_no_more_items_than_were_shown(uint32 items) public {
        ContributionId id = _waiting(2, 3);
        bytes memory reason = abi.encodeWithSelector(IDatanetRegistry.ItemCountInvalid.selector, items, 10);
        if (items == 0 || items > 10) refuse(reason);
        _vote(id, 0, Vote(true, 1, items));
        if (items > 10) refuse(reason);
        _vote(id, 1, Vote(false, 1, items));
    }

    function test_an_acceptance_finds_at_least_one_item_and_a_rejection_may_find_none() public {
        ContributionId id = _waiting(2, 3);
        refuse(abi.encodeWithSelector(IDatanetRegistry.ItemCountInvalid.selector, 0, 10));
        _vote(id, 0, Vote(true, 1, 0));
        refuse(abi.encodeWithSelector(IDatanetRegistry.ItemCountInvalid.selector, 11, 10));
        _vote(id, 0, Vote(true, 1, 11));
        refuse(abi.encodeWithSelector(IDatanetRegistry.ItemCountInvalid.selector, 11, 10));
        _vote(id, 0, Vote(false, 1, 11));
        _vote(id, 0, Vote(false, 1, 0));
        _vote(id, 1, Vote(true, 1, 10));
    }

    // The decision

    /// @dev `quorum` validators from 1 to 31 on each side, so that every sequence of votes decides.
    /// forge-config: default.fuzz.runs = 300
    function testFuzz_the_decision_is_the_lower_median_of_the_winning_side(uint256 quorum, uint256 seed) public {
        quorum = 1 + quorum % 31;
        ContributionId id = _waiting(uint16(quorum), 2 * quorum - 1);
        uint256[] memory count = new uint256[](2);
        Vote[] memory votes = new Vote[](2 * quorum - 1);
        for (uint256 i = 0; i < votes.length; ++i) {
            stateIs(id, IDatanetRegistry.State.Submitted);
            votes[i] = _randomVote(seed, i);
            uint256 side = votes[i].accepted ? 1 : 0;
            if (++count[side] < quorum) {
                _vote(id, i, votes[i]);
                continue;
            }
            (uint16 score, uint32 items) = _lowerMedians(votes, i + 1, votes[i].accepted);
            VM.expectEmit(address(d.datanets));
            emit IDatanetRegistry.ContributionValidated(
                id, validatorAt(i), votes[i].accepted, votes[i].score, votes[i].items
            );
            VM.expectEmit(address(d.datanets));
            emit IDatanetRegistry.ContributionDecided(id, votes[i].accepted, score, items);
            _vote(id, i, votes[i]);
            stateIs(id, side == 1 ? IDatanetRegistry.State.Accepted : IDatanetRegistry.State.Rejected);
            return;
        }
        truth(false, "2q - 1 votes decide");
    }

    /// @dev Half of the seeds draw from few figures, so that many votes are equal.
    function _randomVote(uint256 seed, uint256 index) private pure returns (Vote memory) {
        uint256 draw = uint256(keccak256(abi.encode(seed, index)));
        uint256 scores = seed % 2 == 0 ? 10_001 : 3;
        return Vote(draw % 3 != 0, uint16((draw >> 8) % scores), uint32(1 + (draw >> 128) % 10));
    }

    /// @dev By rank: the lower median of n figures is the one with at most (n - 1) / 2 figures below it and more than
    /// (n - 1) / 2 not above it.
    function _lowerMedians(Vote[] memory votes, uint256 count, bool accepted)
        private
        pure
        returns (uint16 score, uint32 items)
    {
        uint256 side = 0;
        for (uint256 i = 0; i < count; ++i) {
            if (votes[i].accepted == accepted) ++side;
        }
        uint256 middle = (side - 1) / 2;
        for (uint256 i = 0; i < count; ++i) {
            if (votes[i].accepted != accepted) continue;
            uint256[4] memory ranks;
            for (uint256 j = 0; j < count; ++j) {
                if (votes[j].accepted != accepted) continue;
                if (votes[j].score < votes[i].score) ++ranks[0];
                if (votes[j].score <= votes[i].score) ++ranks[1];
                if (votes[j].items < votes[i].items) ++ranks[2];
                if (votes[j].items <= votes[i].items) ++ranks[3];
            }
            if (ranks[0] <= middle && ranks[1] > middle) score = votes[i].score;
            if (ranks[2] <= middle && ranks[3] > middle) items = votes[i].items;
        }
    }

    /// @dev A contribution of ten items in a new datanet.
    function _waiting(uint16 quorum, uint256 validators) private returns (ContributionId) {
        return submitted(makeDatanet("datanet", quorum, validators), CONTRIBUTOR, "salt");
    }

    function _vote(ContributionId id, uint256 validator, Vote memory v) private {
        VM.prank(validatorAt(validator));
        d.datanets.validate(id, v.accepted, v.score, v.items);
    }
}
