// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    IAccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {VM} from "../../script/Vm.sol";
import {EpochCalendar} from "../../src/EpochCalendar.sol";
import {Vault} from "../../src/Vault.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {VaultFixture} from "./VaultFixture.sol";

/// @title Who may do what, how that changes, and what a vault is made of
contract RolesTest is VaultFixture {
    function test_only_the_timelock_sets_parameters() public {
        IVault.Parameters memory p = IVault.Parameters(1, 2, 3);
        address[4] memory others = [PROPOSER, GUARDIAN, address(d.datanets), MALLORY];
        for (uint256 i = 0; i < others.length; ++i) {
            refused(others[i], unauthorized(others[i], 0));
            d.vault.setParameters(p);
        }
        expectEvent();
        emit IVault.ParametersSet(1, 2, 3);
        VM.prank(timelock);
        d.vault.setParameters(p);
        IVault.Parameters memory found = d.vault.parameters();
        same(found.growthCap, 1, "growth cap");
        same(found.disputeBond, 2, "dispute bond");
        same(found.livenessBond, 3, "liveness bond");
    }

    function test_only_the_timelock_grants_and_revokes() public {
        bytes32[3] memory roles = _roles();
        address[4] memory others = [PROPOSER, GUARDIAN, address(d.datanets), MALLORY];
        for (uint256 i = 0; i < roles.length; ++i) {
            for (uint256 k = 0; k < others.length; ++k) {
                refused(others[k], unauthorized(others[k], 0));
                d.vault.grantRole(roles[i], MALLORY);
                refused(others[k], unauthorized(others[k], 0));
                d.vault.revokeRole(roles[i], PROPOSER);
            }
            VM.prank(timelock);
            d.vault.grantRole(roles[i], ALICE);
            truth(d.vault.hasRole(roles[i], ALICE), "granted");
            VM.prank(timelock);
            d.vault.revokeRole(roles[i], ALICE);
            truth(!d.vault.hasRole(roles[i], ALICE), "revoked");
        }
    }

    function test_one_account_has_one_role() public {
        bytes32[3] memory roles = _roles();
        address[4] memory holders = [PROPOSER, GUARDIAN, address(d.datanets), timelock];
        for (uint256 i = 0; i < roles.length; ++i) {
            for (uint256 k = 0; k < holders.length; ++k) {
                VM.prank(timelock);
                if (i != k) VM.expectRevert(abi.encodeWithSelector(IVault.RolesNotApart.selector, holders[k]));
                d.vault.grantRole(roles[i], holders[k]);
            }
            refused(timelock, abi.encodeWithSelector(IVault.ZeroAddress.selector));
            d.vault.grantRole(roles[i], address(0));
        }
    }

    function test_an_account_may_change_its_role_once_it_has_none() public {
        VM.startPrank(timelock);
        d.vault.revokeRole(d.vault.PROPOSER_ROLE(), PROPOSER);
        d.vault.grantRole(d.vault.GUARDIAN_ROLE(), PROPOSER);
        VM.stopPrank();
        VM.prank(PROPOSER);
        d.vault.pause();
    }

    function test_a_role_can_be_given_up() public {
        bytes32 role = d.vault.GUARDIAN_ROLE();
        VM.prank(GUARDIAN);
        d.vault.renounceRole(role, GUARDIAN);
        refused(GUARDIAN, unauthorized(GUARDIAN, role));
        d.vault.pause();
    }

    function test_the_admin_role_is_not_granted_directly() public {
        refused(
            timelock,
            abi.encodeWithSelector(IAccessControlDefaultAdminRules.AccessControlEnforcedDefaultAdminRules.selector)
        );
        d.vault.grantRole(0, ALICE);
    }

    function test_the_admin_changes_after_its_delay_and_not_a_second_earlier() public {
        VM.prank(timelock);
        d.vault.beginDefaultAdminTransfer(ALICE);
        uint48 ready = uint48(block.timestamp) + 10 days;
        VM.warp(ready);
        refused(
            ALICE,
            abi.encodeWithSelector(
                IAccessControlDefaultAdminRules.AccessControlEnforcedDefaultAdminDelay.selector, ready
            )
        );
        d.vault.acceptDefaultAdminTransfer();
        VM.warp(ready + 1);
        VM.prank(ALICE);
        d.vault.acceptDefaultAdminTransfer();
        same(d.vault.defaultAdmin(), ALICE, "admin");
        refused(timelock, unauthorized(timelock, 0));
        d.vault.setParameters(IVault.Parameters(1, 2, 3));
        VM.prank(ALICE);
        d.vault.setParameters(IVault.Parameters(1, 2, 3));
    }

    function test_a_role_holder_cannot_become_the_admin() public {
        VM.prank(timelock);
        d.vault.beginDefaultAdminTransfer(GUARDIAN);
        VM.warp(block.timestamp + 10 days + 1);
        refused(GUARDIAN, abi.encodeWithSelector(IVault.RolesNotApart.selector, GUARDIAN));
        d.vault.acceptDefaultAdminTransfer();
        same(d.vault.defaultAdmin(), timelock, "admin");
    }

    function test_who_gets_a_role_meanwhile_cannot_become_the_admin() public {
        VM.startPrank(timelock);
        d.vault.beginDefaultAdminTransfer(ALICE);
        d.vault.grantRole(d.vault.PROPOSER_ROLE(), ALICE);
        VM.stopPrank();
        VM.warp(block.timestamp + 10 days + 1);
        refused(ALICE, abi.encodeWithSelector(IVault.RolesNotApart.selector, ALICE));
        d.vault.acceptDefaultAdminTransfer();
    }

    function test_no_role_holder_can_claim_for_others() public {
        inflow(10 ether);
        bytes32[] memory leaves = one(ALICE, 10 ether);
        makeFinal(leaves, 10 ether);
        address[4] memory holders = [PROPOSER, GUARDIAN, address(d.datanets), timelock];
        for (uint256 i = 0; i < holders.length; ++i) {
            refused(holders[i], abi.encodeWithSelector(IVault.ClaimNotAllowed.selector, ALICE, holders[i]));
            d.vault.claim(ALICE, 10 ether, new bytes32[](0));
        }
    }

    function _roles() private view returns (bytes32[3] memory) {
        return [d.vault.PROPOSER_ROLE(), d.vault.GUARDIAN_ROLE(), d.vault.BOND_HOLDER_ROLE()];
    }
}

/// @title What a vault is made of
contract ConstructionTest is VaultFixture {
    function test_a_vault_says_what_it_was_made_with() public {
        Terms memory t = terms();
        VM.expectEmit();
        emit IVault.ParametersSet(CAP, DISPUTE_BOND, LIVENESS_BOND);
        Vault vault = _make(t.delays, t.genesis, t.epochLength, _holders());
        IVault.Delays memory found = vault.delays();
        same(keccak256(abi.encode(found)), keccak256(abi.encode(t.delays)), "delays");
        same(keccak256(abi.encode(vault.parameters())), keccak256(abi.encode(t.parameters)), "parameters");
        same(address(vault.token()), address(d.token), "token");
        same(vault.genesis(), GENESIS, "genesis");
        same(vault.epochLength(), EPOCH_LENGTH, "epoch length");
        same(vault.epochEnd(3), GENESIS + 3 * EPOCH_LENGTH, "epoch end");
        same(vault.defaultAdminDelay(), t.adminDelay, "admin delay");
        same(vault.finalRoot().payoutRoot, 0, "no root");
    }

    function test_delays_must_fit_each_other() public {
        for (uint256 i = 0; i < 12; ++i) {
            (IVault.Delays memory good, IVault.Delays memory bad) = _edge(i);
            _make(good, GENESIS, EPOCH_LENGTH, _holders());
            VM.expectRevert(abi.encodeWithSelector(IVault.DelaysInvalid.selector, bad));
            _make(bad, GENESIS, EPOCH_LENGTH, _holders());
        }
    }

    function test_a_pause_that_overflows_is_refused() public {
        IVault.Delays memory delays = terms().delays;
        delays.pause = type(uint64).max;
        VM.expectRevert(panic(0x11));
        _make(delays, GENESIS, EPOCH_LENGTH, _holders());
    }

    /// @dev Every bound: the last value that is allowed, and the first that is not.
    function _edge(uint256 i) private pure returns (IVault.Delays memory good, IVault.Delays memory bad) {
        (good, bad) = (terms().delays, terms().delays);
        if (i == 0) (good.disputeWindow, bad.disputeWindow) = (1, 0);
        if (i == 1) (good.ruling, bad.ruling) = (1, 0);
        if (i == 2) (good.pause, bad.pause) = (1, 0);
        if (i == 3) (good.recovery, bad.recovery) = (1, 0);
        if (i == 4) (good.unbonding, bad.unbonding) = (1, 0);
        if (i == 5) (good.cooldown, bad.cooldown) = (WINDOW + 1, WINDOW);
        if (i == 6) (good.liveness, bad.liveness) = (PAUSE + WINDOW + 1, PAUSE + WINDOW);
        if (i == 7) (good.liveness, bad.liveness) = (365 days - 1, 365 days);
        if (i == 8) (good.ruling, bad.ruling) = (365 days - 1, 365 days);
        if (i == 9) (good.recovery, bad.recovery) = (365 days - 1, 365 days);
        if (i == 10) (good.unbonding, bad.unbonding) = (365 days - 1, 365 days);
        if (i == 11) (good.cooldown, bad.cooldown) = (365 days - 1, 365 days);
    }

    function test_no_part_of_a_vault_may_be_missing() public {
        Terms memory t = terms();
        VM.expectRevert(abi.encodeWithSelector(IVault.ZeroAddress.selector));
        new Vault(IERC20(address(0)), _holders(), 1, GENESIS, EPOCH_LENGTH, t.delays, t.parameters);
        for (uint256 i = 1; i < 4; ++i) {
            address[4] memory holders = _holders();
            holders[i] = address(0);
            VM.expectRevert(abi.encodeWithSelector(IVault.ZeroAddress.selector));
            _make(t.delays, GENESIS, EPOCH_LENGTH, holders);
        }
        address[4] memory nobody = _holders();
        nobody[0] = address(0);
        VM.expectRevert(
            abi.encodeWithSelector(
                IAccessControlDefaultAdminRules.AccessControlInvalidDefaultAdmin.selector, address(0)
            )
        );
        _make(t.delays, GENESIS, EPOCH_LENGTH, nobody);
        VM.expectRevert(abi.encodeWithSelector(EpochCalendar.CalendarInvalid.selector, 0, EPOCH_LENGTH));
        _make(t.delays, 0, EPOCH_LENGTH, _holders());
        VM.expectRevert(abi.encodeWithSelector(EpochCalendar.CalendarInvalid.selector, GENESIS, 0));
        _make(t.delays, GENESIS, 0, _holders());
    }

    function test_four_roles_need_four_accounts() public {
        for (uint256 i = 0; i < 4; ++i) {
            for (uint256 k = 0; k < i; ++k) {
                address[4] memory holders = _holders();
                holders[i] = holders[k];
                VM.expectRevert(abi.encodeWithSelector(IVault.RolesNotApart.selector, holders[k]));
                _make(terms().delays, GENESIS, EPOCH_LENGTH, holders);
            }
        }
    }

    function _holders() private pure returns (address[4] memory) {
        return [ALICE, PROPOSER, GUARDIAN, CAROL];
    }

    function _make(IVault.Delays memory delays, uint64 genesis, uint64 epochLength, address[4] memory holders)
        private
        returns (Vault)
    {
        Terms memory t = terms();
        return new Vault(d.token, holders, t.adminDelay, genesis, epochLength, delays, t.parameters);
    }
}
