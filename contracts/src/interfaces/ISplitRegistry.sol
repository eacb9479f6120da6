// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DatanetId} from "../types.sol";

/// @title How a fee is divided, and what governance decides about money
/// @notice Roles in their order: platform, datanet owner, model owner, base-model owner, adapter owner,
/// operator, stakers, validators, contributors, reserve.
interface ISplitRegistry {
    /// @notice From `bindingEpoch` on (at least two after the event's own; the first at once) a fee is divided so.
    /// @param shares basis points in the roles' order, 10,000 in all
    /// @param platform who gets the platform's share; zero: the reserve
    event SplitSet(uint64 bindingEpoch, uint16[10] shares, address platform);
    /// @notice Pay `wronged` from the reserve; `overpaid` owes it to the reserve. Either may be zero.
    event CorrectionOrdered(
        bytes32 indexed correction, address indexed overpaid, address indexed wronged, uint256 amount, string reason
    );
    /// @notice Pay `account` from what nobody's data earned in `datanet`.
    event UnattributedAssigned(
        bytes32 indexed assignment, DatanetId indexed datanet, address indexed account, uint256 amount, string reason
    );

    /// @notice The shares do not add up to 10,000.
    error SplitNotWhole(uint256 sum);
    /// @notice No amount, or more than the whole supply could be.
    error AmountInvalid(uint256 amount);
    /// @notice A decision about money says why.
    error ReasonEmpty();
    /// @notice Overpaid and wronged are one.
    error CorrectionOfItself(address account);

    /// @notice Divides fees so from `bindingEpoch` on. Timelock only.
    function setSplit(uint64 bindingEpoch, uint16[10] calldata shares, address platform) external;

    /// @notice Orders a correction; returns its id. Timelock only.
    function orderCorrection(address overpaid, address wronged, uint256 amount, string calldata reason)
        external
        returns (bytes32 correction);

    /// @notice Assigns what is unattributed; returns the assignment's id. Timelock only.
    function assignUnattributed(DatanetId datanet, address account, uint256 amount, string calldata reason)
        external
        returns (bytes32 assignment);

    /// @notice How many corrections and assignments were ordered.
    function orders() external view returns (uint64);
}
