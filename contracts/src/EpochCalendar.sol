// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title When epochs begin and end
/// @notice Epoch N is [genesis + (N - 1) * length, genesis + N * length); both are fixed for ever.
abstract contract EpochCalendar {
    /// @notice A change named an epoch before which it cannot bind.
    error BindsTooEarly(uint64 epoch, uint64 earliest);
    /// @notice The calendar was given no length or no genesis.
    error CalendarInvalid(uint64 genesis, uint64 epochLength);

    /// @notice Epochs between a change and the first in which it may bind.
    uint64 public constant NOTICE_EPOCHS = 2;

    /// @notice Begin of epoch 1, seconds since 1970.
    uint64 public immutable genesis;
    /// @notice Seconds of an epoch.
    uint64 public immutable epochLength;

    constructor(uint64 genesis_, uint64 epochLength_) {
        require(genesis_ != 0 && epochLength_ != 0, CalendarInvalid(genesis_, epochLength_));
        genesis = genesis_;
        epochLength = epochLength_;
    }

    /// @notice The epoch of this block's time, 0 before genesis.
    function currentEpoch() public view returns (uint64) {
        if (block.timestamp < genesis) return 0;
        return uint64((block.timestamp - genesis) / epochLength) + 1;
    }

    /// @notice The first second after an epoch.
    function epochEnd(uint64 epoch) public view returns (uint256) {
        return uint256(genesis) + uint256(epoch) * epochLength;
    }

    /// @dev Refuses a change that would bind too soon for those whom it concerns.
    function _requireNotice(uint64 bindingEpoch) internal view {
        uint64 earliest = currentEpoch() + NOTICE_EPOCHS;
        require(bindingEpoch >= earliest, BindsTooEarly(bindingEpoch, earliest));
    }
}
