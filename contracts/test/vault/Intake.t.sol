// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {VM} from "../../script/Vm.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {CampaignId, DatanetId, RunId} from "../../src/types.sol";
import {PlentyToken} from "./Tokens.sol";
import {VaultFixture} from "./VaultFixture.sol";

/// @title What comes in: deposits, incentives, training payments, forfeited bonds; and refund requests
contract IntakeTest is VaultFixture {
    DatanetId internal constant DATANET = DatanetId.wrap(keccak256("datanet"));
    RunId internal constant RUN = RunId.wrap(keccak256("run"));

    function test_a_deposit_is_taken_and_counted() public {
        fund(PAYER, 7 ether);
        expectEvent();
        emit IVault.Deposited(PAYER, OPERATOR, 5 ether);
        VM.prank(PAYER);
        d.vault.deposit(OPERATOR, 5 ether);
        (uint256 deposited, uint256 requested) = d.vault.deposits(PAYER, OPERATOR);
        same(deposited, 5 ether, "deposited");
        same(requested, 0, "requested");
        same(d.vault.received(), 5 ether, "received");
        same(d.vault.bonds(), 0, "bonds");
        same(d.token.balanceOf(PAYER), 2 ether, "left");
        booksHold();
    }

    function testFuzz_deposits_add_up_by_payer_and_operator(uint256 a, uint256 b, uint256 c) public {
        (a, b, c) = (bounded(a, 1, 1e26), bounded(b, 1, 1e26), bounded(c, 1, 1e26));
        fund(PAYER, a + b + c);
        fund(ALICE, c);
        VM.startPrank(PAYER);
        d.vault.deposit(OPERATOR, a);
        d.vault.deposit(OPERATOR, b);
        d.vault.deposit(BOB, c);
        VM.stopPrank();
        VM.prank(ALICE);
        d.vault.deposit(OPERATOR, c);
        (uint256 deposited,) = d.vault.deposits(PAYER, OPERATOR);
        same(deposited, a + b, "payer and operator");
        (deposited,) = d.vault.deposits(PAYER, BOB);
        same(deposited, c, "another operator");
        (deposited,) = d.vault.deposits(ALICE, OPERATOR);
        same(deposited, c, "another payer");
        same(d.vault.received(), a + b + 2 * c, "received");
        booksHold();
    }

    function test_a_deposit_for_nobody_is_refused() public {
        fund(PAYER, 1);
        refused(PAYER, abi.encodeWithSelector(IVault.ZeroAddress.selector));
        d.vault.deposit(address(0), 1);
    }

    function test_nothing_is_no_inflow() public {
        refused(PAYER, amountInvalid(0, 0));
        d.vault.deposit(OPERATOR, 0);
        refused(PAYER, amountInvalid(0, 0));
        d.vault.stake(OPERATOR, 0);
        refused(PAYER, amountInvalid(0, 0));
        d.vault.depositIncentive("salt", DATANET, 0);
        refused(PAYER, amountInvalid(0, 0));
        d.vault.payTraining(RUN, 0);
        refused(address(d.datanets), amountInvalid(0, 0));
        d.vault.forfeitBond(PAYER, 0);
    }

    function test_the_largest_amount_enters_and_one_more_does_not() public {
        PlentyToken plenty = new PlentyToken();
        useToken(plenty);
        uint256 most = type(uint96).max;
        plenty.mint(PAYER, 5 * most);
        VM.startPrank(PAYER);
        plenty.approve(address(d.vault), type(uint256).max);
        bytes memory tooMuch = amountInvalid(most + 1, most);
        VM.expectRevert(tooMuch);
        d.vault.deposit(OPERATOR, most + 1);
        VM.expectRevert(tooMuch);
        d.vault.stake(OPERATOR, most + 1);
        VM.expectRevert(tooMuch);
        d.vault.depositIncentive("salt", DATANET, most + 1);
        VM.expectRevert(tooMuch);
        d.vault.payTraining(RUN, most + 1);
        d.vault.deposit(OPERATOR, most);
        d.vault.stake(OPERATOR, most);
        d.vault.depositIncentive("salt", DATANET, most);
        d.vault.payTraining(RUN, most);
        VM.expectRevert(panic(0x11));
        d.vault.stake(OPERATOR, 1);
        d.vault.deposit(OPERATOR, 1);
        VM.stopPrank();
        same(d.vault.received(), 4 * most + 1, "received");
        booksHold();
    }

    function test_without_allowance_or_balance_nothing_enters() public {
        address vault = address(d.vault);
        refused(PAYER, abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, vault, 0, 1 ether));
        d.vault.deposit(OPERATOR, 1 ether);
        fund(PAYER, 1 ether);
        refused(
            PAYER, abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, PAYER, 1 ether, 1 ether + 1)
        );
        d.vault.stake(OPERATOR, 1 ether + 1);
        same(d.vault.received(), 0, "received");
    }

    function test_an_incentive_names_its_campaign_after_funder_datanet_and_salt() public {
        fund(PAYER, 3 ether);
        CampaignId campaign = CampaignId.wrap(keccak256(abi.encode(PAYER, DATANET, bytes32("salt"))));
        expectEvent();
        emit IVault.IncentiveDeposited(campaign, DATANET, PAYER, 3 ether);
        VM.prank(PAYER);
        same(
            CampaignId.unwrap(d.vault.depositIncentive("salt", DATANET, 3 ether)), CampaignId.unwrap(campaign), "given"
        );
        same(d.vault.received(), 3 ether, "received");
        booksHold();
    }

    function test_another_funder_cannot_take_a_campaigns_id() public {
        fund(PAYER, 1 ether);
        fund(MALLORY, 1 ether);
        VM.prank(PAYER);
        CampaignId campaign = d.vault.depositIncentive("salt", DATANET, 1 ether);
        VM.prank(MALLORY);
        CampaignId other = d.vault.depositIncentive("salt", DATANET, 1 ether);
        truth(CampaignId.unwrap(campaign) != CampaignId.unwrap(other), "another id");
        fund(PAYER, 1 ether);
        VM.prank(PAYER);
        other = d.vault.depositIncentive("salt", DatanetId.wrap(MANIFEST), 1 ether);
        truth(CampaignId.unwrap(campaign) != CampaignId.unwrap(other), "nor does it serve another datanet");
    }

    function test_training_is_paid() public {
        fund(PAYER, 3 ether);
        expectEvent();
        emit IVault.TrainingPaid(RUN, PAYER, 3 ether);
        VM.prank(PAYER);
        d.vault.payTraining(RUN, 3 ether);
        same(d.vault.received(), 3 ether, "received");
        booksHold();
    }

    function test_only_the_bond_holder_brings_a_lost_bond() public {
        fund(address(d.datanets), 3 ether);
        fund(MALLORY, 3 ether);
        refused(MALLORY, unauthorized(MALLORY, d.vault.BOND_HOLDER_ROLE()));
        d.vault.forfeitBond(ALICE, 3 ether);
        refused(timelock, unauthorized(timelock, d.vault.BOND_HOLDER_ROLE()));
        d.vault.forfeitBond(ALICE, 3 ether);
        expectEvent();
        emit IVault.BondForfeited(ALICE, 3 ether);
        VM.prank(address(d.datanets));
        d.vault.forfeitBond(ALICE, 3 ether);
        same(d.vault.received(), 3 ether, "received");
        same(d.vault.bonds(), 0, "bonds");
        booksHold();
    }

    function test_all_of_a_deposit_may_be_asked_back_and_no_more() public {
        inflow(5 ether);
        refused(PAYER, amountInvalid(5 ether + 1, 5 ether));
        d.vault.requestRefund(OPERATOR, 5 ether + 1);
        expectEvent();
        emit IVault.RefundRequested(PAYER, OPERATOR, 2 ether);
        VM.prank(PAYER);
        d.vault.requestRefund(OPERATOR, 2 ether);
        refused(PAYER, amountInvalid(3 ether + 1, 3 ether));
        d.vault.requestRefund(OPERATOR, 3 ether + 1);
        VM.prank(PAYER);
        d.vault.requestRefund(OPERATOR, 3 ether);
        refused(PAYER, amountInvalid(1, 0));
        d.vault.requestRefund(OPERATOR, 1);
        (uint256 deposited, uint256 requested) = d.vault.deposits(PAYER, OPERATOR);
        same(deposited, 5 ether, "deposited");
        same(requested, 5 ether, "requested");
        same(d.token.balanceOf(PAYER), 0, "a request pays nothing");
    }

    function test_nothing_and_what_is_not_ones_own_cannot_be_asked_back() public {
        inflow(5 ether);
        refused(PAYER, amountInvalid(0, 5 ether));
        d.vault.requestRefund(OPERATOR, 0);
        refused(PAYER, amountInvalid(1, 0));
        d.vault.requestRefund(BOB, 1);
        refused(MALLORY, amountInvalid(1, 0));
        d.vault.requestRefund(OPERATOR, 1);
        refused(PAYER, amountInvalid(type(uint256).max, 5 ether));
        d.vault.requestRefund(OPERATOR, type(uint256).max);
    }

    function testFuzz_requests_never_exceed_what_was_deposited(uint256 amount, uint256[8] memory parts) public {
        amount = bounded(amount, 1, 1e26);
        inflow(amount);
        uint256 sum = 0;
        for (uint256 i = 0; i < parts.length; ++i) {
            uint256 part = bounded(parts[i], 0, amount);
            bool allowed = part != 0 && sum + part <= amount;
            VM.prank(PAYER);
            if (!allowed) VM.expectRevert(amountInvalid(part, amount - sum));
            d.vault.requestRefund(OPERATOR, part);
            if (allowed) sum += part;
        }
        (uint256 deposited, uint256 requested) = d.vault.deposits(PAYER, OPERATOR);
        same(deposited, amount, "deposited");
        same(requested, sum, "requested");
    }

    function test_money_enters_during_a_pause() public {
        pause();
        inflow(1 ether);
        fund(PAYER, 4 ether);
        VM.startPrank(PAYER);
        d.vault.stake(OPERATOR, 1 ether);
        d.vault.depositIncentive("salt", DATANET, 1 ether);
        d.vault.payTraining(RUN, 1 ether);
        d.vault.requestRefund(OPERATOR, 1 ether);
        VM.stopPrank();
        same(d.vault.received(), 4 ether, "received");
    }

    function test_a_spender_key_is_added_once_and_revoked_once() public {
        VM.startPrank(PAYER);
        VM.expectRevert(abi.encodeWithSelector(IVault.ZeroAddress.selector));
        d.vault.addSpenderKey(address(0));
        VM.expectRevert(abi.encodeWithSelector(IVault.SpenderKeyUnchanged.selector, ALICE, false));
        d.vault.revokeSpenderKey(ALICE);
        expectEvent();
        emit IVault.SpenderKeyAdded(PAYER, ALICE);
        d.vault.addSpenderKey(ALICE);
        truth(d.vault.isSpenderKey(PAYER, ALICE), "added");
        VM.expectRevert(abi.encodeWithSelector(IVault.SpenderKeyUnchanged.selector, ALICE, true));
        d.vault.addSpenderKey(ALICE);
        expectEvent();
        emit IVault.SpenderKeyRevoked(PAYER, ALICE);
        d.vault.revokeSpenderKey(ALICE);
        truth(!d.vault.isSpenderKey(PAYER, ALICE), "revoked");
        VM.expectRevert(abi.encodeWithSelector(IVault.SpenderKeyUnchanged.selector, ALICE, false));
        d.vault.revokeSpenderKey(ALICE);
        VM.stopPrank();
    }

    function test_a_spender_key_signs_for_its_payer_only() public {
        VM.prank(PAYER);
        d.vault.addSpenderKey(ALICE);
        truth(!d.vault.isSpenderKey(BOB, ALICE), "not for another");
        refused(BOB, abi.encodeWithSelector(IVault.SpenderKeyUnchanged.selector, ALICE, false));
        d.vault.revokeSpenderKey(ALICE);
        VM.prank(BOB);
        d.vault.addSpenderKey(ALICE);
        truth(d.vault.isSpenderKey(BOB, ALICE) && d.vault.isSpenderKey(PAYER, ALICE), "for both");
    }
}
