// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What only governance may do, after its delay
/// @notice The timelock is fixed for ever; who governs it is the timelock's own affair.
abstract contract Governed {
    /// @notice The caller is not the timelock.
    error NotTimelock(address caller);
    /// @notice An address that must be one is zero.
    error ZeroAddress();

    /// @notice OpenZeppelin's TimelockController, behind the Governor.
    address public immutable timelock;

    constructor(address timelock_) {
        require(timelock_ != address(0), ZeroAddress());
        timelock = timelock_;
    }

    modifier onlyTimelock() {
        require(msg.sender == timelock, NotTimelock(msg.sender));
        _;
    }
}
