// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

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
        bytes32 indexed assignment, bytes32 indexed datanet, address indexed account, uint256 amount, string reason
    );
}
