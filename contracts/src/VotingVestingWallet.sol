// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VestingWallet} from "@openzeppelin/contracts/finance/VestingWallet.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";

/// @title A vesting wallet whose tokens can vote before they can move
/// @notice Most of the supply vests for years: without its votes a few liquid tokens would govern alone.
contract VotingVestingWallet is VestingWallet {
    /// @param beneficiary owner of what has vested, and of the votes of all
    /// @param start seconds since 1970
    /// @param duration seconds
    constructor(address beneficiary, uint64 start, uint64 duration) VestingWallet(beneficiary, start, duration) {}

    /// @notice Gives the wallet's votes to `delegatee`.
    function delegate(IVotes token, address delegatee) external onlyOwner {
        token.delegate(delegatee);
    }
}
