// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {
    IAccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {VM, Vm} from "../../script/Vm.sol";
import {Governed} from "../../src/Governed.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {ContributionId, DatanetId} from "../../src/types.sol";
import {Governance} from "./Governance.sol";

/// @title Who can do what: nobody but the timelock governs, and nobody but the governor moves the timelock
contract PowersTest is Governance {
    /// @dev Every role that was ever granted, from the events of a deployment.
    function test_the_deployment_grants_these_roles_and_no_others() public {
        VM.recordLogs();
        d = deploy(terms(), _whole(), address(this), VM.getNonce(address(this)));
        Vm.Log[] memory logs = VM.getRecordedLogs();
        (address[8] memory emitters, bytes32[8] memory roles, address[8] memory accounts) = _expectedGrants();
        uint256 grants = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            bytes32 topic = logs[i].topics[0];
            truth(topic != IAccessControl.RoleAdminChanged.selector, "every role has the one admin");
            truth(topic != IAccessControl.RoleRevoked.selector, "nothing is taken back");
            if (topic != IAccessControl.RoleGranted.selector) continue;
            truth(grants < 8, "eight grants");
            same(logs[i].emitter, emitters[grants], "contract");
            same(logs[i].topics[1], roles[grants], "role");
            same(address(uint160(uint256(logs[i].topics[2]))), accounts[grants], "account");
            ++grants;
        }
        same(grants, 8, "eight grants");
    }

    function _expectedGrants()
        private
        view
        returns (address[8] memory emitters, bytes32[8] memory roles, address[8] memory accounts)
    {
        (address t, address v) = (address(d.timelock), address(d.vault));
        emitters = [t, t, t, t, v, v, v, v];
        roles = [
            bytes32(0),
            keccak256("PROPOSER_ROLE"),
            keccak256("CANCELLER_ROLE"),
            keccak256("EXECUTOR_ROLE"),
            bytes32(0),
            keccak256("PROPOSER_ROLE"),
            keccak256("GUARDIAN_ROLE"),
            keccak256("BOND_HOLDER_ROLE")
        ];
        // Execution is open to anyone: the zero address.
        accounts = [t, address(d.governor), address(d.governor), address(0), t, PROPOSER, GUARDIAN, address(d.datanets)];
    }

    function testFuzz_the_deployer_and_others_have_no_role_anywhere(address other) public view {
        VM.assume(other != address(0));
        bytes32[6] memory roles = [
            bytes32(0),
            keccak256("PROPOSER_ROLE"),
            keccak256("CANCELLER_ROLE"),
            keccak256("EXECUTOR_ROLE"),
            keccak256("GUARDIAN_ROLE"),
            keccak256("BOND_HOLDER_ROLE")
        ];
        bool inVault = other == timelock || other == PROPOSER || other == GUARDIAN || other == address(d.datanets);
        bool inTimelock = other == timelock || other == address(d.governor);
        for (uint256 i = 0; i < 6; ++i) {
            truth(!d.timelock.hasRole(roles[i], address(this)), "deployer in the timelock");
            truth(!d.vault.hasRole(roles[i], address(this)), "deployer in the vault");
            truth(inTimelock || !d.timelock.hasRole(roles[i], other), "other in the timelock");
            truth(inVault || !d.vault.hasRole(roles[i], other), "other in the vault");
        }
    }

    function test_every_contract_obeys_the_one_timelock() public view {
        same(d.datanets.timelock(), timelock, "datanets");
        same(d.operators.timelock(), timelock, "operators");
        same(d.splits.timelock(), timelock, "splits");
        same(d.governor.timelock(), timelock, "governor");
        same(d.vault.defaultAdmin(), timelock, "vault");
    }

    function testFuzz_nobody_else_governs_the_registries(address caller) public {
        VM.assume(caller != timelock);
        address operator = address(0x09E7);
        VM.assume(caller != operator);
        VM.prank(operator);
        d.operators.register("name", "uri");
        bytes memory reason = abi.encodeWithSelector(Governed.NotTimelock.selector, caller);
        uint16[10] memory shares = terms().split;
        VM.startPrank(caller);
        VM.expectRevert(reason);
        d.splits.setSplit(100, shares, caller);
        VM.expectRevert(reason);
        d.splits.orderCorrection(address(1), caller, 1, "reason");
        VM.expectRevert(reason);
        d.splits.assignUnattributed(DatanetId.wrap("datanet"), caller, 1, "reason");
        VM.expectRevert(reason);
        d.datanets.setValidator(DatanetId.wrap("datanet"), caller, true);
        VM.expectRevert(reason);
        d.datanets.resolveChallenge(ContributionId.wrap("contribution"), address(1), true);
        VM.expectRevert(reason);
        d.datanets.setChallengeBond(0);
        VM.expectRevert(reason);
        d.operators.revoke(operator);
    }

    function testFuzz_nobody_else_governs_the_vault(address caller) public {
        // The zero address is the vault's pending admin, so it fails otherwise; nobody has it.
        VM.assume(caller != timelock && caller != address(0));
        _refuseVault(caller);
        _refuseVault(PROPOSER);
        _refuseVault(GUARDIAN);
        _refuseVault(address(d.governor));
        _refuseVault(address(d.datanets));
        _refuseVault(address(this));
    }

    function _refuseVault(address caller) private {
        bytes memory reason =
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, caller, bytes32(0));
        bytes32 guardian = keccak256("GUARDIAN_ROLE");
        VM.startPrank(caller);
        VM.expectRevert(reason);
        d.vault.setParameters(IVault.Parameters(1, 2, 3));
        VM.expectRevert(reason);
        d.vault.slash(address(1), address(2), 1, "reason");
        VM.expectRevert(reason);
        d.vault.resolveDispute("root", address(1), true);
        VM.expectRevert(reason);
        d.vault.revokeRoot("root", 0);
        VM.expectRevert(reason);
        d.vault.grantRole(guardian, address(0x4E3));
        VM.expectRevert(reason);
        d.vault.revokeRole(guardian, GUARDIAN);
        VM.expectRevert(reason);
        d.vault.beginDefaultAdminTransfer(caller);
        VM.expectRevert(reason);
        d.vault.changeDefaultAdminDelay(0);
        VM.expectRevert(
            abi.encodeWithSelector(IAccessControlDefaultAdminRules.AccessControlInvalidDefaultAdmin.selector, caller)
        );
        d.vault.acceptDefaultAdminTransfer();
        VM.stopPrank();
    }

    function testFuzz_nobody_but_the_governor_moves_the_timelock(address caller) public {
        VM.assume(caller != timelock && caller != address(d.governor));
        bytes memory call = abi.encodeCall(d.datanets.setChallengeBond, (0));
        VM.startPrank(caller);
        _refuse(caller, keccak256("PROPOSER_ROLE"));
        d.timelock.schedule(address(d.datanets), 0, call, 0, 0, 2 days);
        _refuse(caller, keccak256("PROPOSER_ROLE"));
        d.timelock.scheduleBatch(new address[](1), new uint256[](1), new bytes[](1), 0, 0, 2 days);
        _refuse(caller, keccak256("CANCELLER_ROLE"));
        d.timelock.cancel("operation");
        _refuse(caller, bytes32(0));
        d.timelock.grantRole(keccak256("PROPOSER_ROLE"), caller);
        _refuse(caller, bytes32(0));
        d.timelock.revokeRole(keccak256("PROPOSER_ROLE"), address(d.governor));
        VM.expectRevert(abi.encodeWithSelector(TimelockController.TimelockUnauthorizedCaller.selector, caller));
        d.timelock.updateDelay(0);
        // Execution is open, but only of what the governor scheduled.
        bytes32 id = d.timelock.hashOperation(address(d.datanets), 0, call, 0, 0);
        VM.expectRevert(
            abi.encodeWithSelector(TimelockController.TimelockUnexpectedOperationState.selector, id, bit(2))
        );
        d.timelock.execute(address(d.datanets), 0, call, 0, 0);
    }

    function _refuse(address caller, bytes32 role) private {
        VM.expectRevert(abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, caller, role));
    }

    function testFuzz_nobody_but_the_timelock_changes_the_governor(address caller) public {
        VM.assume(caller != timelock);
        bytes memory reason = abi.encodeWithSelector(IGovernor.GovernorOnlyExecutor.selector, caller);
        VM.startPrank(caller);
        VM.expectRevert(reason);
        d.governor.setVotingDelay(0);
        VM.expectRevert(reason);
        d.governor.setVotingPeriod(1);
        VM.expectRevert(reason);
        d.governor.setProposalThreshold(0);
        VM.expectRevert(reason);
        d.governor.updateQuorumNumerator(0);
        VM.expectRevert(reason);
        d.governor.updateTimelock(TimelockController(payable(caller)));
        VM.expectRevert(reason);
        d.governor.relay(caller, 0, "");
    }

    /// @dev Anyone may execute a ripe motion at the timelock itself; the governor knows of it.
    function test_a_motion_that_was_executed_at_the_timelock_is_executed() public {
        Motion memory m = motion(address(d.datanets), abi.encodeCall(d.datanets.setChallengeBond, (5)));
        uint256 id = ripe(m);
        bytes32 salt = bytes20(address(d.governor)) ^ keccak256(bytes(m.description));
        VM.prank(STRANGER);
        d.timelock.executeBatch(m.targets, m.values, m.calls, 0, salt);
        same(d.datanets.challengeBond(), 5, "done");
        stateIs(id, IGovernor.ProposalState.Executed);
    }
}
