// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EpochCalendar} from "./EpochCalendar.sol";
import {Claims} from "./vault/Claims.sol";
import {Intake} from "./vault/Intake.sol";
import {VaultBase} from "./vault/VaultBase.sol";

/// @title The one vault: everything enters here, and leaves only through claims against a final root
/// @notice What comes in: `Intake`. What becomes final: `Roots`. What leaves: `Claims`.
contract Vault is Intake, Claims {
    /// @param roles timelock (admin), proposer, guardian, bond holder: four different accounts
    constructor(
        IERC20 token_,
        address[4] memory roles,
        uint48 adminDelay,
        uint64 genesis_,
        uint64 epochLength_,
        Delays memory delays_,
        Parameters memory parameters_
    )
        VaultBase(token_, roles[0], adminDelay, roles[1], roles[2], roles[3], delays_, parameters_)
        EpochCalendar(genesis_, epochLength_)
    {}
}
