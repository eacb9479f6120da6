// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Governed} from "./Governed.sol";
import {Texts} from "./Texts.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";

/// @title Serving operators and their signing keys
contract OperatorRegistry is IOperatorRegistry, Governed, Texts {
    enum Standing {
        Unknown,
        Active,
        Revoked
    }

    /// @inheritdoc IOperatorRegistry
    mapping(address operator => mapping(address key => bool)) public isSigningKey;

    mapping(address operator => Standing) private _standing;

    constructor(address timelock_) Governed(timelock_) {}

    /// @inheritdoc IOperatorRegistry
    function register(string calldata name, string calldata uri) external {
        require(_standing[msg.sender] == Standing.Unknown, OperatorKnown(msg.sender));
        require(bytes(name).length != 0, NameEmpty());
        _checkName(name);
        _checkText(uri);
        _standing[msg.sender] = Standing.Active;
        emit OperatorRegistered(msg.sender, name, uri);
    }

    /// @inheritdoc IOperatorRegistry
    function addSigningKey(address key) external {
        require(isActive(msg.sender), OperatorNotActive(msg.sender));
        require(key != address(0), ZeroAddress());
        require(!isSigningKey[msg.sender][key], SigningKeyKnown(key));
        isSigningKey[msg.sender][key] = true;
        emit SigningKeyAdded(msg.sender, key);
    }

    /// @inheritdoc IOperatorRegistry
    function revokeSigningKey(address key) external {
        require(isSigningKey[msg.sender][key], SigningKeyUnknown(key));
        isSigningKey[msg.sender][key] = false;
        emit SigningKeyRevoked(msg.sender, key);
    }

    /// @inheritdoc IOperatorRegistry
    function revoke(address operator) external {
        require(msg.sender == operator || msg.sender == timelock, NotTimelock(msg.sender));
        require(isActive(operator), OperatorNotActive(operator));
        _standing[operator] = Standing.Revoked;
        emit OperatorRevoked(operator);
    }

    /// @inheritdoc IOperatorRegistry
    function isActive(address operator) public view returns (bool) {
        return _standing[operator] == Standing.Active;
    }
}
