// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Texts} from "../../src/Texts.sol";
import {VM} from "../../script/Vm.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {VaultFixture} from "./VaultFixture.sol";

/// @title Stakes: in, on their way out, slashed
contract StakesTest is VaultFixture {
    address internal constant STAKER = address(0x57);

    function test_a_stake_is_taken_and_counted() public {
        fund(STAKER, 6 ether);
        expectEvent();
        emit IVault.Staked(STAKER, OPERATOR, 5 ether);
        VM.prank(STAKER);
        d.vault.stake(OPERATOR, 5 ether);
        VM.prank(STAKER);
        d.vault.stake(OPERATOR, 1 ether);
        _expectStake(6 ether, 0, 0);
        same(d.vault.received(), 6 ether, "received");
        booksHold();
    }

    function test_a_stake_on_nobody_is_refused() public {
        fund(STAKER, 1);
        refused(STAKER, abi.encodeWithSelector(IVault.ZeroAddress.selector));
        d.vault.stake(address(0), 1);
    }

    function test_a_stake_leaves_after_its_delay_and_not_a_second_earlier() public {
        _stake(5 ether);
        uint64 readyAt = uint64(block.timestamp) + UNBONDING;
        expectEvent();
        emit IVault.UnstakeStarted(STAKER, OPERATOR, 2 ether, readyAt);
        VM.prank(STAKER);
        d.vault.startUnstake(OPERATOR, 2 ether);
        _expectStake(3 ether, 2 ether, readyAt);
        VM.warp(readyAt - 1);
        refused(STAKER, abi.encodeWithSelector(IVault.UnstakeNotReady.selector, readyAt));
        d.vault.requestUnstake(OPERATOR);
        VM.warp(readyAt);
        expectEvent();
        emit IVault.UnstakeRequested(STAKER, OPERATOR, 2 ether);
        VM.prank(STAKER);
        d.vault.requestUnstake(OPERATOR);
        _expectStake(3 ether, 0, readyAt);
        same(d.token.balanceOf(STAKER), 0, "a request pays nothing");
        refused(STAKER, amountInvalid(0, 0));
        d.vault.requestUnstake(OPERATOR);
    }

    function test_all_that_is_active_may_leave_and_no_more() public {
        _stake(5 ether);
        refused(STAKER, amountInvalid(0, 5 ether));
        d.vault.startUnstake(OPERATOR, 0);
        refused(STAKER, amountInvalid(5 ether + 1, 5 ether));
        d.vault.startUnstake(OPERATOR, 5 ether + 1);
        refused(STAKER, amountInvalid(uint256(1) << 96, 5 ether));
        d.vault.startUnstake(OPERATOR, uint256(1) << 96);
        VM.prank(STAKER);
        d.vault.startUnstake(OPERATOR, 5 ether);
        refused(STAKER, amountInvalid(1, 0));
        d.vault.startUnstake(OPERATOR, 1);
        refused(MALLORY, amountInvalid(1, 0));
        d.vault.startUnstake(OPERATOR, 1);
    }

    function test_what_was_begun_before_waits_anew() public {
        _stake(5 ether);
        VM.prank(STAKER);
        d.vault.startUnstake(OPERATOR, 2 ether);
        VM.warp(block.timestamp + UNBONDING - 1);
        VM.prank(STAKER);
        d.vault.startUnstake(OPERATOR, 1 ether);
        uint64 readyAt = uint64(block.timestamp) + UNBONDING;
        _expectStake(2 ether, 3 ether, readyAt);
        VM.warp(readyAt - 1);
        refused(STAKER, abi.encodeWithSelector(IVault.UnstakeNotReady.selector, readyAt));
        d.vault.requestUnstake(OPERATOR);
        VM.warp(readyAt);
        expectEvent();
        emit IVault.UnstakeRequested(STAKER, OPERATOR, 3 ether);
        VM.prank(STAKER);
        d.vault.requestUnstake(OPERATOR);
    }

    function test_a_slash_takes_the_active_stake_first() public {
        _stake(5 ether);
        VM.prank(STAKER);
        d.vault.startUnstake(OPERATOR, 2 ether);
        uint64 readyAt = uint64(block.timestamp) + UNBONDING;
        expectEvent();
        emit IVault.Slashed(STAKER, OPERATOR, 3 ether, "lied");
        _slash(3 ether, "lied");
        _expectStake(0, 2 ether, readyAt);
        expectEvent();
        emit IVault.Slashed(STAKER, OPERATOR, 1 ether, "lied again");
        _slash(1 ether, "lied again");
        _expectStake(0, 1 ether, readyAt);
        expectEvent();
        emit IVault.Slashed(STAKER, OPERATOR, 1 ether, "the rest");
        _slash(type(uint256).max, "the rest");
        _expectStake(0, 0, readyAt);
        same(d.vault.received(), 5 ether, "a slash moves no money");
        booksHold();
        VM.warp(readyAt);
        refused(STAKER, amountInvalid(0, 0));
        d.vault.requestUnstake(OPERATOR);
    }

    function test_there_must_be_something_to_slash() public {
        refused(timelock, amountInvalid(1 ether, 0));
        d.vault.slash(STAKER, OPERATOR, 1 ether, "no stake");
        _stake(5 ether);
        refused(timelock, amountInvalid(0, 5 ether));
        d.vault.slash(STAKER, OPERATOR, 0, "nothing");
        refused(timelock, amountInvalid(1 ether, 0));
        d.vault.slash(STAKER, BOB, 1 ether, "another operator");
        VM.prank(STAKER);
        d.vault.startUnstake(OPERATOR, 5 ether);
        VM.warp(block.timestamp + UNBONDING);
        VM.prank(STAKER);
        d.vault.requestUnstake(OPERATOR);
        refused(timelock, amountInvalid(1 ether, 0));
        d.vault.slash(STAKER, OPERATOR, 1 ether, "requested");
    }

    function test_only_the_timelock_slashes() public {
        _stake(5 ether);
        address[4] memory others = [PROPOSER, GUARDIAN, address(d.datanets), MALLORY];
        for (uint256 i = 0; i < others.length; ++i) {
            refused(others[i], unauthorized(others[i], 0));
            d.vault.slash(STAKER, OPERATOR, 1 ether, "not mine to take");
        }
    }

    function test_a_reason_is_bounded() public {
        _stake(5 ether);
        refused(timelock, abi.encodeWithSelector(Texts.TextTooLong.selector, 2049, 2048));
        d.vault.slash(STAKER, OPERATOR, 1 ether, string(new bytes(2049)));
        VM.prank(timelock);
        d.vault.slash(STAKER, OPERATOR, 1 ether, string(new bytes(2048)));
    }

    function testFuzz_a_slash_never_takes_more_than_there_is(uint256 staked, uint256 leaving, uint256 amount) public {
        staked = bounded(staked, 1, 1e26);
        leaving = bounded(leaving, 0, staked);
        amount = bounded(amount, 1, 2 * staked);
        _stake(staked);
        if (leaving != 0) {
            VM.prank(STAKER);
            d.vault.startUnstake(OPERATOR, leaving);
        }
        _slash(amount, "fuzz");
        (uint256 active, uint256 out,) = d.vault.stakes(STAKER, OPERATOR);
        uint256 taken = amount < staked ? amount : staked;
        same(active + out, staked - taken, "left");
        uint256 before = staked - leaving;
        same(active, taken < before ? before - taken : 0, "active first");
        booksHold();
    }

    function testFuzz_stake_and_unstake_keep_the_sum(uint256 first, uint256 second, uint256 out) public {
        first = bounded(first, 1, 1e26);
        second = bounded(second, 1, 1e26);
        out = bounded(out, 1, first);
        _stake(first);
        VM.prank(STAKER);
        d.vault.startUnstake(OPERATOR, out);
        _stake(second);
        _expectStake(first - out + second, out, uint64(block.timestamp) + UNBONDING);
    }

    function _stake(uint256 amount) private {
        fund(STAKER, amount);
        VM.prank(STAKER);
        d.vault.stake(OPERATOR, amount);
    }

    function _slash(uint256 amount, string memory reason) private {
        VM.prank(timelock);
        d.vault.slash(STAKER, OPERATOR, amount, reason);
    }

    function _expectStake(uint256 active, uint256 leaving, uint64 readyAt) private view {
        (uint256 active_, uint256 leaving_, uint64 readyAt_) = d.vault.stakes(STAKER, OPERATOR);
        same(active_, active, "active");
        same(leaving_, leaving, "leaving");
        same(readyAt_, readyAt, "ready at");
    }
}
