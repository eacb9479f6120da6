// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Events of the token (ERC-20)
interface IOpenToken {
    event Transfer(address indexed from, address indexed to, uint256 value);
}
