// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title A growing RFC 6962 Merkle tree that keeps its peaks only
/// @notice Leaf: SHA-256(0x00, data); node: SHA-256(0x01, left, right). Adding a leaf costs one hash and as many as
/// the count has trailing ones; the root costs one a peak.
library Rfc6962Tree {
    struct Tree {
        uint256 count;
        bytes32[] peaks;
    }

    /// @notice Adds a leaf.
    function push(Tree storage tree, bytes32 data) internal {
        bytes32 node = sha256(abi.encodePacked(bytes1(0x00), data));
        for (uint256 rest = tree.count; rest & 1 == 1; rest >>= 1) {
            bytes32 left = tree.peaks[tree.peaks.length - 1];
            tree.peaks.pop();
            node = sha256(abi.encodePacked(bytes1(0x01), left, node));
        }
        tree.peaks.push(node);
        ++tree.count;
    }

    /// @notice Forgets every leaf.
    function clear(Tree storage tree) internal {
        tree.count = 0;
        delete tree.peaks;
    }

    /// @notice The tree hash; of no leaf, SHA-256 of nothing.
    function root(Tree storage tree) internal view returns (bytes32 node) {
        uint256 left = tree.peaks.length;
        if (left == 0) return sha256("");
        node = tree.peaks[--left];
        while (left != 0) {
            node = sha256(abi.encodePacked(bytes1(0x01), tree.peaks[--left], node));
        }
    }
}
