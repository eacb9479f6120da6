// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title How long texts in events may be
/// @notice Whoever reads the chain must take every event of ours whole: without a bound one transaction could hold more
/// than a record of the log does.
abstract contract Texts {
    /// @notice A text is longer than any reader of events has to take.
    error TextTooLong(uint256 length, uint256 most);

    /// @notice Most bytes of a name.
    uint256 public constant NAME_BYTES_MAX = 128;
    /// @notice Most bytes of an address, a licence or a reason.
    uint256 public constant TEXT_BYTES_MAX = 2_048;

    function _checkName(string calldata name) internal pure {
        require(bytes(name).length <= NAME_BYTES_MAX, TextTooLong(bytes(name).length, NAME_BYTES_MAX));
    }

    function _checkText(string calldata text) internal pure {
        require(bytes(text).length <= TEXT_BYTES_MAX, TextTooLong(bytes(text).length, TEXT_BYTES_MAX));
    }
}
