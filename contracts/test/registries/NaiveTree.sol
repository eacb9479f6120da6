// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title RFC 6962's Merkle tree hash, written down as section 2.1 defines it
/// @notice Slow and recursive on purpose: it shares nothing with the library that it checks.
library NaiveTree {
    /// @notice The tree hash over `leaves` in their order.
    function rootOf(bytes32[] memory leaves) internal pure returns (bytes32) {
        if (leaves.length == 0) return sha256("");
        return _rootOf(leaves, 0, leaves.length);
    }

    function _rootOf(bytes32[] memory leaves, uint256 from, uint256 to) private pure returns (bytes32) {
        uint256 n = to - from;
        if (n == 1) return sha256(bytes.concat(hex"00", leaves[from]));
        uint256 k = 1;
        while (k * 2 < n) {
            k *= 2;
        }
        bytes32 left = _rootOf(leaves, from, from + k);
        bytes32 right = _rootOf(leaves, from + k, to);
        return sha256(bytes.concat(hex"01", left, right));
    }
}
