// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {VM} from "../../script/Vm.sol";
import {EpochCalendar} from "../../src/EpochCalendar.sol";
import {IDatanetRegistry} from "../../src/interfaces/IDatanetRegistry.sol";
import {IOperatorRegistry} from "../../src/interfaces/IOperatorRegistry.sol";
import {ISplitRegistry} from "../../src/interfaces/ISplitRegistry.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {ContributionId, DatanetId} from "../../src/types.sol";
import {Governance} from "./Governance.sol";

/// @title Everything that governance can decide, from the proposal to its effect
contract DecisionsTest is Governance {
    address private constant STAKER = address(0x57AC);
    address private constant OPERATOR = address(0x09E7);
    address private constant NEW_GUARDIAN = address(0x6A4E);

    function test_a_split_changes() public {
        uint16[10] memory shares = [uint16(0), 500, 1500, 500, 500, 2000, 300, 200, 4300, 200];
        Motion memory m = motion(address(d.splits), abi.encodeCall(ISplitRegistry.setSplit, (10, shares, address(0))));
        ripe(m);
        VM.expectEmit(address(d.splits));
        emit ISplitRegistry.SplitSet(10, shares, address(0));
        execute(m);
    }

    /// @dev Proposed in epoch 1, executed in epoch 8: the binding epoch must be at least two after the execution's.
    function test_a_split_that_would_bind_too_early_when_it_is_executed_fails_then() public {
        Motion memory m =
            motion(address(d.splits), abi.encodeCall(ISplitRegistry.setSplit, (9, terms().split, PLATFORM)));
        uint256 id = ripe(m);
        VM.expectRevert(abi.encodeWithSelector(EpochCalendar.BindsTooEarly.selector, 9, 10));
        execute(m);
        stateIs(id, IGovernor.ProposalState.Queued);
    }

    function test_a_validator_changes() public {
        address[] memory validators = new address[](1);
        validators[0] = address(0xA1);
        DatanetId datanet = d.datanets.createDatanet("salt", "name", "MIT", "", 1, 1, validators);
        Motion memory m = _two(
            address(d.datanets),
            abi.encodeCall(IDatanetRegistry.setValidator, (datanet, address(0xA2), true)),
            abi.encodeCall(IDatanetRegistry.setValidator, (datanet, address(0xA1), false))
        );
        ripe(m);
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.ValidatorSet(datanet, address(0xA2), true);
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.ValidatorSet(datanet, address(0xA1), false);
        execute(m);
        truth(d.datanets.isValidator(datanet, address(0xA2)), "new");
        truth(!d.datanets.isValidator(datanet, address(0xA1)), "old");
    }

    /// @dev In the other order the quorum would be broken in between, so nothing at all is done.
    function test_a_motion_is_done_wholly_or_not_at_all() public {
        address[] memory validators = new address[](1);
        validators[0] = address(0xA1);
        DatanetId datanet = d.datanets.createDatanet("salt", "name", "MIT", "", 1, 1, validators);
        Motion memory m = _two(
            address(d.datanets),
            abi.encodeCall(IDatanetRegistry.setChallengeBond, (5)),
            abi.encodeCall(IDatanetRegistry.setValidator, (datanet, address(0xA1), false))
        );
        ripe(m);
        VM.expectRevert(abi.encodeWithSelector(IDatanetRegistry.QuorumInvalid.selector, 1, 0));
        execute(m);
        same(d.datanets.challengeBond(), 1000 ether, "as before");
        truth(d.datanets.isValidator(datanet, address(0xA1)), "as before");
    }

    function test_a_correction_and_an_assignment_are_ordered() public {
        DatanetId datanet = DatanetId.wrap("datanet");
        Motion memory m = _two(
            address(d.splits),
            abi.encodeCall(ISplitRegistry.orderCorrection, (address(1), address(2), 5 ether, "wrong index")),
            abi.encodeCall(ISplitRegistry.assignUnattributed, (datanet, address(3), 6 ether, "found"))
        );
        ripe(m);
        VM.expectEmit(address(d.splits));
        emit ISplitRegistry.CorrectionOrdered(
            keccak256(abi.encode(block.chainid, address(d.splits), 1)), address(1), address(2), 5 ether, "wrong index"
        );
        VM.expectEmit(address(d.splits));
        emit ISplitRegistry.UnattributedAssigned(
            keccak256(abi.encode(block.chainid, address(d.splits), 2)), datanet, address(3), 6 ether, "found"
        );
        execute(m);
        same(d.splits.orders(), 2, "orders");
    }

    function test_a_challenge_is_resolved_and_its_bond_is_lost() public {
        address[] memory validators = new address[](1);
        validators[0] = address(0xA1);
        DatanetId datanet = d.datanets.createDatanet("salt", "name", "MIT", "", 1, 1, validators);
        d.datanets.commit(datanet, keccak256(abi.encode(bytes32("content"), address(this), bytes32("salt"))));
        VM.roll(VM.getBlockNumber() + 2);
        IDatanetRegistry.Content memory content;
        (content.contentHash, content.itemCount, content.licence) = ("content", 1, "MIT");
        ContributionId id = d.datanets.submit(datanet, "salt", content);
        VM.prank(address(0xA1));
        d.datanets.validate(id, true, 1, 1);
        VM.startPrank(SMALL);
        d.token.approve(address(d.datanets), 1000 ether);
        d.datanets.challenge(id, "evidence");
        VM.stopPrank();
        Motion memory m =
            motion(address(d.datanets), abi.encodeCall(IDatanetRegistry.resolveChallenge, (id, SMALL, false)));
        ripe(m);
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.ContributionChallengeResolved(id, false);
        VM.expectEmit(address(d.vault));
        emit IVault.BondForfeited(SMALL, 1000 ether);
        execute(m);
        same(d.vault.received(), 1000 ether, "inflow");
    }

    function test_the_parameters_of_the_vault_change() public {
        IVault.Parameters memory parameters = IVault.Parameters(1, 2, 3);
        Motion memory m = motion(address(d.vault), abi.encodeCall(IVault.setParameters, (parameters)));
        ripe(m);
        VM.expectEmit(address(d.vault));
        emit IVault.ParametersSet(1, 2, 3);
        execute(m);
        same(d.vault.parameters().growthCap, 1, "growth cap");
        same(d.vault.parameters().disputeBond, 2, "dispute bond");
        same(d.vault.parameters().livenessBond, 3, "liveness bond");
    }

    function test_the_guardian_is_replaced() public {
        bytes32 role = d.vault.GUARDIAN_ROLE();
        Motion memory m = _two(
            address(d.vault),
            abi.encodeCall(IAccessControl.revokeRole, (role, GUARDIAN)),
            abi.encodeCall(IAccessControl.grantRole, (role, NEW_GUARDIAN))
        );
        ripe(m);
        VM.expectEmit(address(d.vault));
        emit IAccessControl.RoleRevoked(role, GUARDIAN, timelock);
        VM.expectEmit(address(d.vault));
        emit IAccessControl.RoleGranted(role, NEW_GUARDIAN, timelock);
        execute(m);
        VM.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, GUARDIAN, role)
        );
        VM.prank(GUARDIAN);
        d.vault.pause();
        VM.expectEmit(address(d.vault));
        emit IVault.PausedUntil(NEW_GUARDIAN, uint64(VM.getBlockTimestamp() + 10 days));
        VM.prank(NEW_GUARDIAN);
        d.vault.pause();
    }

    function test_the_guardian_cannot_be_given_to_one_who_has_another_role() public {
        bytes32 role = d.vault.GUARDIAN_ROLE();
        address[4] memory others = [PROPOSER, timelock, address(d.datanets), address(0)];
        for (uint256 i = 0; i < 4; ++i) {
            Motion memory m = motion(address(d.vault), abi.encodeCall(IAccessControl.grantRole, (role, others[i])));
            ripe(m);
            bytes memory reason = abi.encodeWithSelector(IVault.RolesNotApart.selector, others[i]);
            if (others[i] == address(0)) reason = abi.encodeWithSelector(IVault.ZeroAddress.selector);
            VM.expectRevert(reason);
            execute(m);
        }
    }

    /// @dev The stake is being taken out already: it can be slashed until it is requested.
    function test_a_stake_is_slashed_although_it_was_leaving() public {
        fund(STAKER, 100 ether);
        VM.startPrank(STAKER);
        d.vault.stake(OPERATOR, 100 ether);
        d.vault.startUnstake(OPERATOR, 100 ether);
        VM.stopPrank();
        Motion memory m =
            motion(address(d.vault), abi.encodeCall(IVault.slash, (STAKER, OPERATOR, 60 ether, "forged receipts")));
        ripe(m);
        VM.expectEmit(address(d.vault));
        emit IVault.Slashed(STAKER, OPERATOR, 60 ether, "forged receipts");
        execute(m);
        (uint96 active, uint96 leaving,) = d.vault.stakes(STAKER, OPERATOR);
        same(active, 0, "active");
        same(leaving, 40 ether, "leaving");
        forward(3 days);
        VM.expectEmit(address(d.vault));
        emit IVault.UnstakeRequested(STAKER, OPERATOR, 40 ether);
        VM.prank(STAKER);
        d.vault.requestUnstake(OPERATOR);
    }

    function test_an_operator_is_revoked() public {
        VM.prank(OPERATOR);
        d.operators.register("name", "uri");
        Motion memory m = motion(address(d.operators), abi.encodeCall(IOperatorRegistry.revoke, (OPERATOR)));
        ripe(m);
        VM.expectEmit(address(d.operators));
        emit IOperatorRegistry.OperatorRevoked(OPERATOR);
        execute(m);
        truth(!d.operators.isActive(OPERATOR), "ended");
    }

    function test_governance_changes_its_own_terms() public {
        Motion memory m = _two(
            address(d.governor),
            abi.encodeCall(GovernorSettings.setVotingPeriod, (5 days)),
            abi.encodeCall(GovernorSettings.setProposalThreshold, (2_000_000 ether))
        );
        ripe(m);
        VM.expectEmit(address(d.governor));
        emit GovernorSettings.VotingPeriodSet(4 days, 5 days);
        execute(m);
        same(d.governor.votingPeriod(), 5 days, "period");
        same(d.governor.proposalThreshold(), 2_000_000 ether, "threshold");
    }

    /// @dev Nobody but the timelock holds anything for governance: the governor refuses to be a purse.
    function test_the_governor_takes_no_money() public {
        VM.deal(address(this), 1);
        VM.expectRevert(abi.encodeWithSelector(IGovernor.GovernorDisabledDeposit.selector));
        (bool ok,) = payable(address(d.governor)).call{value: 1}("");
        truth(ok, "expectRevert answers that it reverted as expected");
        VM.expectRevert(abi.encodeWithSelector(IGovernor.GovernorOnlyExecutor.selector, address(this)));
        Governor(payable(address(d.governor))).relay(address(d.token), 0, "");
    }

    function _two(address target, bytes memory first, bytes memory second) private pure returns (Motion memory m) {
        m.targets = new address[](2);
        m.values = new uint256[](2);
        m.calls = new bytes[](2);
        (m.targets[0], m.targets[1]) = (target, target);
        (m.calls[0], m.calls[1], m.description) = (first, second, "two motions");
    }
}
