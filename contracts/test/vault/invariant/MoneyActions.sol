// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../../script/Vm.sol";
import {IVault} from "../../../src/interfaces/IVault.sol";
import {DatanetId, RunId} from "../../../src/types.sol";
import {World} from "./World.sol";

/// @title Actions: money in, and what is asked back
abstract contract MoneyActions is World {
    uint256 internal constant LARGEST = 50_000 ether;

    function deposit(uint256 seed, uint256 amount) external action("deposited") {
        amount = _bring(stranger(seed), amount);
        d.vault.deposit(OPERATOR, amount);
    }

    function requestRefund(uint256 seed, uint256 amount) external action("refund asked") {
        address payer = stranger(seed);
        (uint256 deposited, uint256 requested) = d.vault.deposits(payer, OPERATOR);
        uint256 left = deposited - requested;
        amount = _between(amount, 0, left + 1);
        VM.prank(payer);
        if (amount == 0 || amount > left) _refuses(amountInvalid(amount, left));
        d.vault.requestRefund(OPERATOR, amount);
    }

    function stake(uint256 seed, uint256 amount) external action("staked") {
        amount = _bring(stranger(seed), amount);
        d.vault.stake(OPERATOR, amount);
    }

    function startUnstake(uint256 seed, uint256 amount) external action("unstake started") {
        (uint256 active,,) = d.vault.stakes(stranger(seed), OPERATOR);
        amount = _between(amount, 0, active + 1);
        VM.prank(stranger(seed));
        if (amount == 0 || amount > active) _refuses(amountInvalid(amount, active));
        d.vault.startUnstake(OPERATOR, amount);
    }

    function requestUnstake(uint256 seed, uint256 wait) external action("unstake asked") {
        (, uint256 leaving, uint64 readyAt) = d.vault.stakes(stranger(seed), OPERATOR);
        if (wait % 2 == 0 && block.timestamp < readyAt) VM.warp(readyAt);
        VM.prank(stranger(seed));
        if (leaving == 0) _refuses(amountInvalid(0, 0));
        else if (block.timestamp < readyAt) _refuses(abi.encodeWithSelector(IVault.UnstakeNotReady.selector, readyAt));
        d.vault.requestUnstake(OPERATOR);
    }

    function slash(uint256 seed, uint256 amount) external action("slashed") {
        (uint256 active, uint256 leaving,) = d.vault.stakes(stranger(seed), OPERATOR);
        amount = _between(amount, 0, active + leaving + 1);
        VM.prank(timelock);
        if (amount == 0 || active + leaving == 0) _refuses(amountInvalid(amount, active + leaving));
        d.vault.slash(stranger(seed), OPERATOR, amount, "reason");
    }

    function incentive(uint256 seed, uint256 amount) external action("incentive") {
        amount = _bring(stranger(seed), amount);
        d.vault.depositIncentive(bytes32(seed), DatanetId.wrap(bytes32(seed)), amount);
    }

    function training(uint256 seed, uint256 amount) external action("training") {
        amount = _bring(stranger(seed), amount);
        d.vault.payTraining(RunId.wrap(bytes32(seed)), amount);
    }

    function forfeit(uint256 seed, uint256 amount) external action("forfeited") {
        amount = _bring(address(d.datanets), amount);
        d.vault.forfeitBond(stranger(seed), amount);
    }

    /// @dev Tokens that nobody asked for change no book.
    function donate(uint256, uint256 amount) external action("donated") {
        amount = bounded(amount, 1, 100 ether);
        VM.prank(TREASURY);
        require(d.token.transfer(address(d.vault), amount));
        donated += amount;
    }

    function pass(uint256, uint256 seconds_) external action("time passed") {
        _wait(bounded(seconds_, 1, 5 days));
    }

    /// @dev The next call is the account's, and brings so much.
    function _bring(address account, uint256 amount) private returns (uint256 bounded_) {
        bounded_ = bounded(_mix(amount, "bring"), 1, LARGEST);
        fund(account, bounded_);
        inflows += bounded_;
        VM.prank(account);
    }
}
