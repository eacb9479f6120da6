// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {VM} from "../../script/Vm.sol";
import {Fixture} from "../Fixture.sol";

/// @title Holders who delegated, and the way of a proposal with production delays
abstract contract Governance is Fixture {
    /// @notice What is proposed.
    struct Motion {
        address[] targets;
        uint256[] values;
        bytes[] calls;
        string description;
    }

    /// @dev More than the quorum of 40 million, with the votes of SMALL's and of a delegator's.
    address internal constant LARGE = address(0x1A46E);
    /// @dev Fewer than the quorum, more than the threshold.
    address internal constant SMALL = address(0x53A11);
    /// @dev Delegated to LARGE.
    address internal constant DELEGATOR = address(0xDE1E);
    address internal constant STRANGER = address(0x57A46E);
    uint8 internal constant AGAINST = 0;
    uint8 internal constant FOR = 1;
    uint8 internal constant ABSTAIN = 2;
    uint256 internal constant VOTING_DELAY = 1 days;
    uint256 internal constant VOTING_PERIOD = 4 days;
    uint256 internal constant TIMELOCK_DELAY = 2 days;

    function setUp() public virtual override {
        super.setUp();
        fund(LARGE, 50_000_000 ether);
        fund(DELEGATOR, 10_000_000 ether);
        fund(SMALL, 30_000_000 ether);
        VM.prank(LARGE);
        d.token.delegate(LARGE);
        VM.prank(DELEGATOR);
        d.token.delegate(LARGE);
        VM.prank(SMALL);
        d.token.delegate(SMALL);
        VM.warp(VM.getBlockTimestamp() + 1);
    }

    function motion(address target, bytes memory data) internal pure returns (Motion memory m) {
        m.targets = new address[](1);
        m.values = new uint256[](1);
        m.calls = new bytes[](1);
        (m.targets[0], m.calls[0], m.description) = (target, data, "a motion");
    }

    function idOf(Motion memory m) internal view returns (uint256) {
        return d.governor.getProposalId(m.targets, m.values, m.calls, keccak256(bytes(m.description)));
    }

    function propose(Motion memory m) internal returns (uint256) {
        VM.prank(LARGE);
        return d.governor.propose(m.targets, m.values, m.calls, m.description);
    }

    function vote(address voter, uint256 id, uint8 support) internal {
        VM.prank(voter);
        d.governor.castVote(id, support);
    }

    /// @dev Anyone may queue.
    function queue(Motion memory m) internal {
        VM.prank(STRANGER);
        d.governor.queue(m.targets, m.values, m.calls, keccak256(bytes(m.description)));
    }

    /// @dev Anyone may execute.
    function execute(Motion memory m) internal {
        VM.prank(STRANGER);
        d.governor.execute(m.targets, m.values, m.calls, keccak256(bytes(m.description)));
    }

    function stateIs(uint256 id, IGovernor.ProposalState state) internal view {
        same(uint256(d.governor.state(id)), uint256(state), "proposal's state");
    }

    function forward(uint256 length) internal {
        VM.warp(VM.getBlockTimestamp() + length);
    }

    /// @dev Proposed, accepted, queued, and the timelock's delay passed.
    function ripe(Motion memory m) internal returns (uint256 id) {
        id = propose(m);
        forward(VOTING_DELAY + 1);
        vote(LARGE, id, FOR);
        forward(VOTING_PERIOD);
        queue(m);
        forward(TIMELOCK_DELAY);
    }

    /// @dev What the timelock calls the motion.
    function operationOf(Motion memory m) internal view returns (bytes32) {
        bytes32 salt = bytes20(address(d.governor)) ^ keccak256(bytes(m.description));
        return d.timelock.hashOperationBatch(m.targets, m.values, m.calls, 0, salt);
    }

    /// @dev The bit of a state, as the governor's and the timelock's errors give it.
    function bit(uint8 state) internal pure returns (bytes32) {
        return bytes32(1 << state);
    }
}
