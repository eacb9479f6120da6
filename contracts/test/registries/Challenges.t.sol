// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {VM} from "../../script/Vm.sol";
import {Governed} from "../../src/Governed.sol";
import {IDatanetRegistry} from "../../src/interfaces/IDatanetRegistry.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {ContributionId, DatanetId} from "../../src/types.sol";
import {Registries} from "./Registries.sol";

/// @title Challenges of accepted contributions, and where their bonds go
contract ChallengesTest is Registries {
    uint256 private constant BOND = 1000 ether;

    DatanetId private _datanet;
    ContributionId private _accepted;

    function setUp() public override {
        super.setUp();
        _datanet = makeDatanet("datanet", 1, 2);
        _accepted = acceptedIn(_datanet, 1);
        fundBonds(CHALLENGER, 3 * BOND);
    }

    function test_a_challenge_holds_the_bond() public {
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.ContributionChallenged(_accepted, CHALLENGER, BOND, "evidence");
        VM.expectEmit(address(d.token));
        emit IERC20.Transfer(CHALLENGER, address(d.datanets), BOND);
        _challenge();
        same(d.token.balanceOf(address(d.datanets)), BOND, "held");
        same(d.token.balanceOf(CHALLENGER), 2 * BOND, "paid");
        stateIs(_accepted, IDatanetRegistry.State.Accepted);
        same(d.vault.received(), 0, "no inflow");
    }

    function test_an_upheld_challenge_removes_the_contribution_and_returns_the_bond() public {
        _challenge();
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.ContributionChallengeResolved(_accepted, true);
        VM.expectEmit(address(d.token));
        emit IERC20.Transfer(address(d.datanets), CHALLENGER, BOND);
        _resolve(true);
        same(d.token.balanceOf(address(d.datanets)), 0, "nothing held");
        same(d.token.balanceOf(CHALLENGER), 3 * BOND, "returned");
        same(d.vault.received(), 0, "no inflow");
        stateIs(_accepted, IDatanetRegistry.State.Removed);
        bytes memory reason =
            abi.encodeWithSelector(IDatanetRegistry.StateInvalid.selector, _accepted, IDatanetRegistry.State.Removed);
        refuse(reason);
        _challenge();
        refuse(reason);
        vote(_accepted, 1, true);
        refuse(reason);
        VM.prank(CONTRIBUTOR);
        d.datanets.withdraw(_accepted);
    }

    function test_a_rejected_challenge_forfeits_the_bond_to_the_vault_as_inflow() public {
        _challenge();
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.ContributionChallengeResolved(_accepted, false);
        VM.expectEmit(address(d.vault));
        emit IVault.BondForfeited(CHALLENGER, BOND);
        VM.expectEmit(address(d.token));
        emit IERC20.Transfer(address(d.datanets), address(d.vault), BOND);
        _resolve(false);
        same(d.token.balanceOf(address(d.datanets)), 0, "nothing held");
        same(d.token.balanceOf(address(d.vault)), BOND, "in the vault");
        same(d.vault.received(), BOND, "as inflow");
        same(d.vault.bonds(), 0, "not as a bond");
        same(d.token.allowance(address(d.datanets), address(d.vault)), 0, "no allowance is left");
        stateIs(_accepted, IDatanetRegistry.State.Accepted);
        _challenge();
        same(d.token.balanceOf(address(d.datanets)), BOND, "it can be challenged again");
    }

    function test_one_challenge_at_a_time() public {
        _challenge();
        bytes memory reason = abi.encodeWithSelector(IDatanetRegistry.ChallengeOpen.selector, _accepted);
        refuse(reason);
        _challenge();
        refuse(reason);
        VM.prank(STRANGER);
        d.datanets.challenge(_accepted, "better evidence");
    }

    function test_challenges_of_two_contributions_are_apart() public {
        ContributionId other = acceptedIn(_datanet, 2);
        _challenge();
        VM.prank(CHALLENGER);
        d.datanets.challenge(other, "evidence");
        same(d.token.balanceOf(address(d.datanets)), 2 * BOND, "both held");
        _resolve(true);
        stateIs(other, IDatanetRegistry.State.Accepted);
        same(d.token.balanceOf(address(d.datanets)), BOND, "one held");
        VM.prank(timelock);
        d.datanets.resolveChallenge(other, CHALLENGER, false);
        same(d.token.balanceOf(address(d.datanets)), 0, "none held");
    }

    function test_only_an_accepted_contribution_is_challenged() public {
        ContributionId waiting = submitted(_datanet, CONTRIBUTOR, "waiting");
        refuse(
            abi.encodeWithSelector(IDatanetRegistry.StateInvalid.selector, waiting, IDatanetRegistry.State.Submitted)
        );
        d.datanets.challenge(waiting, "evidence");
        vote(waiting, 0, false);
        refuse(abi.encodeWithSelector(IDatanetRegistry.StateInvalid.selector, waiting, IDatanetRegistry.State.Rejected));
        d.datanets.challenge(waiting, "evidence");
        ContributionId unknown = ContributionId.wrap("unknown");
        refuse(abi.encodeWithSelector(IDatanetRegistry.StateInvalid.selector, unknown, IDatanetRegistry.State.Unknown));
        d.datanets.challenge(unknown, "evidence");
    }

    function test_a_challenge_without_the_tokens_is_refused() public {
        VM.startPrank(STRANGER);
        refuse(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(d.datanets), 0, BOND));
        d.datanets.challenge(_accepted, "evidence");
        d.token.approve(address(d.datanets), BOND);
        refuse(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, STRANGER, 0, BOND));
        d.datanets.challenge(_accepted, "evidence");
    }

    function test_there_is_nothing_to_resolve_without_a_challenge() public {
        bytes memory reason = abi.encodeWithSelector(IDatanetRegistry.ChallengeMissing.selector, _accepted);
        refuse(reason);
        _resolve(true);
        _challenge();
        _resolve(false);
        refuse(reason);
        _resolve(true);
        _challenge();
        _resolve(true);
        refuse(reason);
        _resolve(false);
        stateIs(_accepted, IDatanetRegistry.State.Removed);
    }

    function testFuzz_only_the_timelock_resolves(address caller, bool upheld) public {
        VM.assume(caller != timelock);
        _challenge();
        refuse(abi.encodeWithSelector(Governed.NotTimelock.selector, caller));
        VM.prank(caller);
        d.datanets.resolveChallenge(_accepted, CHALLENGER, upheld);
    }

    function testFuzz_the_bond_that_was_paid_is_the_bond_that_counts(uint256 first, uint256 later, bool upheld) public {
        first %= 3 * BOND + 1;
        _setBond(first);
        _challenge();
        same(d.token.balanceOf(address(d.datanets)), first, "held");
        _setBond(later);
        _resolve(upheld);
        same(d.token.balanceOf(address(d.datanets)), 0, "nothing held");
        same(d.vault.received(), upheld ? 0 : first, "inflow");
        same(d.token.balanceOf(CHALLENGER), upheld ? 3 * BOND : 3 * BOND - first, "challenger");
    }

    function test_a_bond_of_nothing_is_neither_returned_nor_forfeited() public {
        _setBond(0);
        _challenge();
        refuse(abi.encodeWithSelector(IDatanetRegistry.ChallengeOpen.selector, _accepted));
        _challenge();
        _resolve(false);
        stateIs(_accepted, IDatanetRegistry.State.Accepted);
        same(d.vault.received(), 0, "no inflow");
        _challenge();
        _resolve(true);
        stateIs(_accepted, IDatanetRegistry.State.Removed);
    }

    function test_the_bond_is_set_by_the_timelock() public {
        same(d.datanets.challengeBond(), BOND, "first");
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.ChallengeBondSet(5);
        _setBond(5);
        same(d.datanets.challengeBond(), 5, "set");
    }

    function _challenge() private {
        VM.prank(CHALLENGER);
        d.datanets.challenge(_accepted, "evidence");
    }

    function _resolve(bool upheld) private {
        VM.prank(timelock);
        d.datanets.resolveChallenge(_accepted, CHALLENGER, upheld);
    }

    function _setBond(uint256 bond) private {
        VM.prank(timelock);
        d.datanets.setChallengeBond(bond);
    }
}
