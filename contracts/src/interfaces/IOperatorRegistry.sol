// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Serving operators and the keys with which they sign receipt batches
interface IOperatorRegistry {
    /// @notice `operator` serves models; its earnings go to this address.
    event OperatorRegistered(address indexed operator, string name, string uri);
    /// @notice `key` signs the operator's batches from this block's time on.
    event SigningKeyAdded(address indexed operator, address indexed key);
    /// @notice Batches signed with `key` and taken in from this block's time on are refused.
    event SigningKeyRevoked(address indexed operator, address indexed key);
    /// @notice Batches of `operator` taken in from this block's time on are refused.
    event OperatorRevoked(address indexed operator);
}
