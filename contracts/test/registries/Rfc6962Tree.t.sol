// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Rfc6962Tree} from "../../src/Rfc6962Tree.sol";
import {Fixture} from "../Fixture.sol";
import {NaiveTree} from "./NaiveTree.sol";

/// @title The growing tree against the definition of RFC 6962
contract Rfc6962TreeTest is Fixture {
    using Rfc6962Tree for Rfc6962Tree.Tree;

    Rfc6962Tree.Tree private _growing;

    /// @dev Nothing is deployed here.
    function setUp() public override {}

    function test_the_root_of_nothing_is_the_hash_of_nothing() public view {
        same(_growing.root(), 0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, "empty");
    }

    /// @dev Computed with Python's hashlib over the leaves 32 zero bytes and 32 bytes of 0x01.
    function test_two_leaves_hash_as_computed_elsewhere() public {
        _growing.push(bytes32(0));
        same(_growing.root(), 0x7f9c9e31ac8256ca2f258583df262dbc7d6f68f2a03043d5c99a4ae5a7396ce9, "one leaf");
        _growing.push(bytes32(uint256(0x0101010101010101010101010101010101010101010101010101010101010101)));
        same(_growing.root(), 0x28fb81e496897e0ce886f08602392e9239b65c659041e5202163e58ad898f444, "two leaves");
    }

    function test_every_count_up_to_seventy_gives_the_naive_root() public {
        for (uint256 count = 1; count <= 70; ++count) {
            _growing.push(keccak256(abi.encode(count - 1)));
            same(_growing.root(), NaiveTree.rootOf(_leaves(0, count)), "root");
            same(_growing.count, count, "count");
            same(_growing.peaks.length, _ones(count), "one peak for every one of the count's bits");
        }
    }

    function testFuzz_any_leaves_give_the_naive_root(bytes32[] memory leaves) public {
        for (uint256 i = 0; i < leaves.length; ++i) {
            _growing.push(leaves[i]);
        }
        same(_growing.count, leaves.length, "count");
        same(_growing.root(), NaiveTree.rootOf(leaves), "root");
    }

    function testFuzz_a_cleared_tree_begins_anew(uint256 before, uint256 later) public {
        before %= 40;
        later %= 40;
        for (uint256 i = 0; i < before; ++i) {
            _growing.push(keccak256(abi.encode(i)));
        }
        _growing.clear();
        same(_growing.count, 0, "count");
        same(_growing.root(), sha256(""), "empty again");
        bytes32[] memory leaves = _leaves(1000, later);
        for (uint256 i = 0; i < later; ++i) {
            _growing.push(leaves[i]);
        }
        same(_growing.root(), NaiveTree.rootOf(leaves), "root");
    }

    function testFuzz_order_and_every_leaf_matter(uint256 count, uint256 place, bytes32 other) public {
        count = 2 + count % 30;
        place %= count;
        bytes32[] memory leaves = _leaves(0, count);
        for (uint256 i = 0; i < count; ++i) {
            _growing.push(leaves[i]);
        }
        bytes32 root = _growing.root();
        uint256 next = (place + 1) % count;
        (leaves[place], leaves[next]) = (leaves[next], leaves[place]);
        truth(NaiveTree.rootOf(leaves) != root, "swapped leaves give another root");
        (leaves[place], leaves[next]) = (leaves[next], leaves[place]);
        if (leaves[place] == other) return;
        leaves[place] = other;
        truth(NaiveTree.rootOf(leaves) != root, "another leaf gives another root");
    }

    function _leaves(uint256 first, uint256 count) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            leaves[i] = keccak256(abi.encode(first + i));
        }
    }

    function _ones(uint256 value) private pure returns (uint256 ones) {
        for (; value != 0; value >>= 1) {
            ones += value & 1;
        }
    }
}
