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

    /// @notice The address is registered, or was revoked: neither comes back.
    error OperatorKnown(address operator);
    /// @notice The operator is not registered, or was revoked.
    error OperatorNotActive(address operator);
    /// @notice A name must be given.
    error NameEmpty();
    /// @notice The key is already one of the operator's.
    error SigningKeyKnown(address key);
    /// @notice The key is none of the operator's.
    error SigningKeyUnknown(address key);

    /// @notice Registers the caller as an operator, once.
    function register(string calldata name, string calldata uri) external;

    /// @notice Lets `key` sign the caller's batches.
    function addSigningKey(address key) external;

    /// @notice Ends what `key` signs for the caller.
    function revokeSigningKey(address key) external;

    /// @notice Ends an operator for ever; by itself or by the timelock.
    function revoke(address operator) external;

    /// @notice Whether `key` signs for `operator`.
    function isSigningKey(address operator, address key) external view returns (bool);

    /// @notice Whether the operator is registered and was not revoked.
    function isActive(address operator) external view returns (bool);
}
