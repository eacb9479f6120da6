// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../script/Vm.sol";
import {VaultFixture} from "./VaultFixture.sol";

// The vectors are what this prints, in tests/js:
//
//     node --input-type=module -e '
//     import { StandardMerkleTree as T } from "@openzeppelin/merkle-tree";
//     const vault = "0x5991A2dF15A8F6A256D3Ec51E99254Cd3fb576A9";
//     for (const n of [1, 2, 5]) {
//       const row = (i) => [31337n, vault, "0x" + String(i + 1).repeat(40), BigInt(i + 1) * 10n ** 18n + BigInt(i)];
//       const tree = T.of([...Array(n).keys()].map(row), ["uint256", "address", "address", "uint256"]);
//       console.log(tree.root);
//       for (const [at, v] of tree.entries()) console.log(v[2], v[3], tree.getProof(at));
//     }'

/// @title Trees that OpenZeppelin's StandardMerkleTree (npm, 1.0.8) made are the vault's trees
contract StandardTreeTest is VaultFixture {
    address internal constant VAULT = 0x5991A2dF15A8F6A256D3Ec51E99254Cd3fb576A9;

    bytes32 internal constant ROOT_1 = 0xc53de07f813523935e2946284f6500d745f99d897d6714a6f4a1455384060a1b;
    bytes32 internal constant ROOT_2 = 0xaef658d819fc282f25f6fc3bbf41fc5912d8ee6002664b67144bca2a00f66e3f;
    bytes32 internal constant ROOT_5 = 0x5b1af1910c3f2d8542ff19f3b3ab7fdaa65c18a73379dda77fe8a00cf279c713;

    // The nodes of the tree of five; the first leaf is the tree of one.
    bytes32 internal constant LEAF_1 = ROOT_1;
    bytes32 internal constant LEAF_2 = 0xd46a100599b5933d9fa1bd59d723106a2e7e27a1676337e132039b0a12cbea8b;

    function setUp() public override {
        super.setUp();
        same(address(d.vault), VAULT, "the vectors are for another vault: make them anew");
        same(block.chainid, 31_337, "the vectors are for another chain");
        inflow(100 ether);
    }

    function test_the_vault_pays_a_tree_of_one() public {
        _final(ROOT_1, 1 ether);
        _pays(0, new bytes32[](0));
    }

    function test_the_vault_pays_a_tree_of_two() public {
        _final(ROOT_2, 3 ether + 1);
        _pays(0, _proof(abi.encode(LEAF_2)));
        _pays(1, _proof(abi.encode(LEAF_1)));
    }

    function test_the_vault_pays_a_tree_of_five() public {
        _final(ROOT_5, 15 ether + 10);
        bytes32 right = 0xd56b3da8e9dc949cca659abef9ff8e6e62b390b6976a8e9fc404c518f4d9809d;
        bytes32 left = 0xed934232e8abbf5a1088f2b7a7d8767096aa1e2a8c22ff08cccd02e2a65c576d;
        bytes32 leaf3 = 0x6993b41f057a609f709b12f928d3278795b6e2dbc44f07f57abf9434be27ed2e;
        bytes32 inner = 0x313ba37c5c2281783e7cf0919b6d30775642f674963f0f012f4a82798102e6ee;
        bytes32 leaf5 = 0x5d5687d6d6c050b0a7cdf39c4ddb9913f27b031412e8047e94d59b611b569185;
        bytes32 leaf4 = 0x11b7c407575deeb2ebeb5381cc85a96b06d5194712dda2b0de150690eb4ed2b1;
        _pays(0, _proof(abi.encode(leaf3, right)));
        _pays(1, _proof(abi.encode(inner, left)));
        _pays(2, _proof(abi.encode(LEAF_1, right)));
        _pays(3, _proof(abi.encode(leaf5, LEAF_2, left)));
        _pays(4, _proof(abi.encode(leaf4, LEAF_2, left)));
        same(d.vault.claimedTotal(), 15 ether + 10, "all is claimed");
    }

    function test_the_leaf_of_the_tests_is_the_librarys() public view {
        same(leafOf(_account(0), 1 ether), LEAF_1, "leaf 1");
        same(leafOf(_account(1), 2 ether + 1), LEAF_2, "leaf 2");
        same(rootOf(two(_account(0), 1 ether, _account(1), 2 ether + 1)), ROOT_2, "root of two");
    }

    function _final(bytes32 root, uint256 total) private {
        propose(root, total);
        VM.warp(block.timestamp + WINDOW);
        d.vault.finalizeRoot(root);
    }

    function _pays(uint256 i, bytes32[] memory proof) private {
        uint256 amount = (i + 1) * 1 ether + i;
        same(claimAs(_account(i), _account(i), amount, proof), amount, "paid");
        same(d.token.balanceOf(_account(i)), amount, "balance");
    }

    /// @dev 0x1111..., 0x2222..., and so on.
    function _account(uint256 i) private pure returns (address) {
        return address(uint160((type(uint160).max / 15) * (i + 1)));
    }

    function _proof(bytes memory nodes) private pure returns (bytes32[] memory proof) {
        proof = new bytes32[](nodes.length / 32);
        for (uint256 i = 0; i < proof.length; ++i) {
            bytes32 node;
            assembly ("memory-safe") {
                node := mload(add(nodes, mul(32, add(i, 1))))
            }
            proof[i] = node;
        }
    }
}
