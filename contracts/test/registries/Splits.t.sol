// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../script/Vm.sol";
import {EpochCalendar} from "../../src/EpochCalendar.sol";
import {Governed} from "../../src/Governed.sol";
import {SplitRegistry} from "../../src/SplitRegistry.sol";
import {ISplitRegistry} from "../../src/interfaces/ISplitRegistry.sol";
import {DatanetId} from "../../src/types.sol";
import {Registries} from "./Registries.sol";

/// @title Splits, corrections, assignments
contract SplitsTest is Registries {
    DatanetId private constant DATANET = DatanetId.wrap("datanet");
    address private constant OVERPAID = address(0x0E9);
    address private constant WRONGED = address(0x3409);

    // Splits

    function test_the_first_split_binds_at_once() public {
        VM.expectEmit();
        emit ISplitRegistry.SplitSet(1, terms().split, PLATFORM);
        new SplitRegistry(timelock, GENESIS, EPOCH_LENGTH, terms().split, PLATFORM);
        VM.warp(GENESIS - 1);
        VM.expectEmit();
        emit ISplitRegistry.SplitSet(0, terms().split, address(0));
        new SplitRegistry(timelock, GENESIS, EPOCH_LENGTH, terms().split, address(0));
    }

    function test_a_registry_needs_a_timelock_a_calendar_and_a_whole_split() public {
        uint16[10] memory shares = terms().split;
        refuse(abi.encodeWithSelector(Governed.ZeroAddress.selector));
        new SplitRegistry(address(0), GENESIS, EPOCH_LENGTH, shares, PLATFORM);
        refuse(abi.encodeWithSelector(EpochCalendar.CalendarInvalid.selector, 0, EPOCH_LENGTH));
        new SplitRegistry(timelock, 0, EPOCH_LENGTH, shares, PLATFORM);
        refuse(abi.encodeWithSelector(EpochCalendar.CalendarInvalid.selector, GENESIS, 0));
        new SplitRegistry(timelock, GENESIS, 0, shares, PLATFORM);
        --shares[9];
        refuse(abi.encodeWithSelector(ISplitRegistry.SplitNotWhole.selector, 9999));
        new SplitRegistry(timelock, GENESIS, EPOCH_LENGTH, shares, PLATFORM);
    }

    function testFuzz_any_whole_split_is_taken(uint16[10] memory draws, address platform) public {
        uint16 rest = 10_000;
        for (uint256 i = 0; i < 9; ++i) {
            draws[i] %= rest + 1;
            rest -= draws[i];
        }
        draws[9] = rest;
        VM.expectEmit(address(d.splits));
        emit ISplitRegistry.SplitSet(3, draws, platform);
        VM.prank(timelock);
        d.splits.setSplit(3, draws, platform);
    }

    function testFuzz_a_split_that_is_not_whole_is_refused(uint16[10] memory shares) public {
        uint256 sum = 0;
        for (uint256 i = 0; i < 10; ++i) {
            sum += shares[i];
        }
        VM.assume(sum != 10_000);
        refuse(abi.encodeWithSelector(ISplitRegistry.SplitNotWhole.selector, sum));
        VM.prank(timelock);
        d.splits.setSplit(3, shares, PLATFORM);
    }

    function test_one_role_can_get_everything_and_one_basis_point_more_is_refused() public {
        for (uint256 i = 0; i < 10; ++i) {
            uint16[10] memory shares;
            shares[i] = 10_000;
            VM.prank(timelock);
            d.splits.setSplit(3, shares, PLATFORM);
            shares[i] = 10_001;
            refuse(abi.encodeWithSelector(ISplitRegistry.SplitNotWhole.selector, 10_001));
            VM.prank(timelock);
            d.splits.setSplit(3, shares, PLATFORM);
        }
    }

    function testFuzz_a_split_binds_two_epochs_later_at_the_earliest(uint64 epoch, uint64 elapsed, bool before) public {
        elapsed %= 36_500 days;
        VM.warp(before ? GENESIS - 1 : GENESIS + elapsed);
        uint64 earliest = before ? 2 : elapsed / EPOCH_LENGTH + 3;
        if (epoch < earliest) {
            refuse(abi.encodeWithSelector(EpochCalendar.BindsTooEarly.selector, epoch, earliest));
        } else {
            VM.expectEmit(address(d.splits));
            emit ISplitRegistry.SplitSet(epoch, terms().split, PLATFORM);
        }
        VM.prank(timelock);
        d.splits.setSplit(epoch, terms().split, PLATFORM);
    }

    function test_the_next_epoch_is_too_early_and_the_one_after_is_not() public {
        VM.startPrank(timelock);
        refuse(abi.encodeWithSelector(EpochCalendar.BindsTooEarly.selector, 2, 3));
        d.splits.setSplit(2, terms().split, PLATFORM);
        d.splits.setSplit(3, terms().split, PLATFORM);
        VM.warp(GENESIS - 1);
        refuse(abi.encodeWithSelector(EpochCalendar.BindsTooEarly.selector, 1, 2));
        d.splits.setSplit(1, terms().split, PLATFORM);
        d.splits.setSplit(2, terms().split, PLATFORM);
    }

    // Corrections and assignments

    function test_a_correction_is_an_order_with_an_id_of_its_own() public {
        bytes32 id = _orderId(1);
        VM.expectEmit(address(d.splits));
        emit ISplitRegistry.CorrectionOrdered(id, OVERPAID, WRONGED, 5, "wrong index");
        VM.prank(timelock);
        same(d.splits.orderCorrection(OVERPAID, WRONGED, 5, "wrong index"), id, "id");
        same(d.splits.orders(), 1, "orders");
    }

    function test_a_correction_may_have_one_side_only_but_has_one() public {
        VM.startPrank(timelock);
        VM.expectEmit(address(d.splits));
        emit ISplitRegistry.CorrectionOrdered(_orderId(1), OVERPAID, address(0), 5, "reason");
        d.splits.orderCorrection(OVERPAID, address(0), 5, "reason");
        VM.expectEmit(address(d.splits));
        emit ISplitRegistry.CorrectionOrdered(_orderId(2), address(0), WRONGED, 5, "reason");
        d.splits.orderCorrection(address(0), WRONGED, 5, "reason");
        refuse(abi.encodeWithSelector(Governed.ZeroAddress.selector));
        d.splits.orderCorrection(address(0), address(0), 5, "reason");
        refuse(abi.encodeWithSelector(ISplitRegistry.CorrectionOfItself.selector, WRONGED));
        d.splits.orderCorrection(WRONGED, WRONGED, 5, "reason");
        same(d.splits.orders(), 2, "orders");
    }

    function test_an_assignment_is_an_order_with_an_id_of_its_own() public {
        VM.startPrank(timelock);
        bytes32 correction = d.splits.orderCorrection(OVERPAID, WRONGED, 5, "reason");
        VM.expectEmit(address(d.splits));
        emit ISplitRegistry.UnattributedAssigned(_orderId(2), DATANET, WRONGED, 5, "reason");
        bytes32 assignment = d.splits.assignUnattributed(DATANET, WRONGED, 5, "reason");
        truth(correction != assignment, "apart");
        same(assignment, _orderId(2), "id");
        refuse(abi.encodeWithSelector(Governed.ZeroAddress.selector));
        d.splits.assignUnattributed(DATANET, address(0), 5, "reason");
        same(d.splits.orders(), 2, "orders");
    }

    function testFuzz_an_order_has_an_amount_that_could_be(uint256 amount) public {
        bool fits = amount != 0 && amount <= type(uint96).max;
        bytes memory reason = abi.encodeWithSelector(ISplitRegistry.AmountInvalid.selector, amount);
        VM.startPrank(timelock);
        if (!fits) refuse(reason);
        d.splits.orderCorrection(OVERPAID, WRONGED, amount, "reason");
        if (!fits) refuse(reason);
        d.splits.assignUnattributed(DATANET, WRONGED, amount, "reason");
        same(d.splits.orders(), fits ? 2 : 0, "orders");
    }

    function test_an_amount_is_bounded_exactly() public {
        VM.startPrank(timelock);
        d.splits.orderCorrection(OVERPAID, WRONGED, type(uint96).max, "reason");
        refuse(abi.encodeWithSelector(ISplitRegistry.AmountInvalid.selector, uint256(type(uint96).max) + 1));
        d.splits.orderCorrection(OVERPAID, WRONGED, uint256(type(uint96).max) + 1, "reason");
        refuse(abi.encodeWithSelector(ISplitRegistry.AmountInvalid.selector, 0));
        d.splits.assignUnattributed(DATANET, WRONGED, 0, "reason");
    }

    function test_an_order_has_a_reason() public {
        VM.startPrank(timelock);
        refuse(abi.encodeWithSelector(ISplitRegistry.ReasonEmpty.selector));
        d.splits.orderCorrection(OVERPAID, WRONGED, 5, "");
        refuse(abi.encodeWithSelector(ISplitRegistry.ReasonEmpty.selector));
        d.splits.assignUnattributed(DATANET, WRONGED, 5, "");
    }

    function testFuzz_only_the_timelock_decides_about_money(address caller) public {
        VM.assume(caller != timelock);
        uint16[10] memory shares = terms().split;
        bytes memory reason = abi.encodeWithSelector(Governed.NotTimelock.selector, caller);
        VM.startPrank(caller);
        refuse(reason);
        d.splits.setSplit(3, shares, caller);
        refuse(reason);
        d.splits.orderCorrection(OVERPAID, caller, 5, "reason");
        refuse(reason);
        d.splits.assignUnattributed(DATANET, caller, 5, "reason");
        same(d.splits.orders(), 0, "orders");
    }

    function _orderId(uint64 number) private view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(d.splits), number));
    }
}
