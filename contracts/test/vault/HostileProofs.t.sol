// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../script/Vm.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {VaultFixture} from "./VaultFixture.sol";

/// @title Proofs that must pay nothing
contract HostileProofsTest is VaultFixture {
    bytes32[] internal leaves;

    function setUp() public override {
        super.setUp();
        inflow(1000 ether);
        leaves = new bytes32[](4);
        leaves[0] = leafOf(ALICE, 10 ether);
        leaves[1] = leafOf(BOB, 20 ether);
        leaves[2] = leafOf(CAROL, 30 ether);
        leaves[3] = leafOf(MALLORY, 1 ether);
        makeFinal(leaves, 61 ether);
    }

    function test_an_inner_node_is_no_leaf() public {
        bytes32[] memory outer = proofOf(leaves, 0);
        bytes32[] memory inner = new bytes32[](1);
        inner[0] = outer[1];
        // The 64 bytes under an inner node, read as account and amount; every order and every part of them.
        bytes32[2] memory pair = [leaves[0], leaves[1]];
        for (uint256 i = 0; i < 2; ++i) {
            address account = address(uint160(uint256(pair[i])));
            _refuse(account, uint256(pair[1 - i]), inner);
            _refuse(address(bytes20(pair[i])), uint256(pair[1 - i]), inner);
        }
        bytes32[] memory none = new bytes32[](0);
        _refuse(address(uint160(uint256(outer[1]))), uint256(outer[0]), none);
    }

    function test_a_leaf_hashed_once_is_no_leaf() public {
        bytes memory encoded = abi.encode(block.chainid, address(d.vault), ALICE, uint256(50 ether));
        _onlyLeaf(keccak256(encoded));
        _refuse(ALICE, 50 ether, new bytes32[](0));
    }

    function test_a_leaf_hashed_thrice_is_no_leaf() public {
        _onlyLeaf(keccak256(bytes.concat(leafOf(ALICE, 50 ether))));
        _refuse(ALICE, 50 ether, new bytes32[](0));
    }

    function test_a_leaf_encoded_otherwise_is_no_leaf() public {
        uint256 chain = block.chainid;
        address vault = address(d.vault);
        uint256 amount = 50 ether;
        bytes[6] memory encodings = [
            abi.encodePacked(chain, vault, ALICE, amount),
            abi.encode(vault, ALICE, amount),
            abi.encode(chain, ALICE, amount),
            abi.encode(ALICE, amount),
            abi.encode(chain, ALICE, vault, amount),
            abi.encode(vault, chain, ALICE, amount)
        ];
        for (uint256 i = 0; i < encodings.length; ++i) {
            _onlyLeaf(keccak256(bytes.concat(keccak256(encodings[i]))));
            _refuse(ALICE, amount, new bytes32[](0));
        }
    }

    function test_a_leaf_of_another_chain_pays_nothing() public {
        uint256 here = block.chainid;
        VM.chainId(1);
        bytes32[] memory there = one(ALICE, 50 ether);
        _refuse(ALICE, 10 ether, proofOf(leaves, 0));
        VM.chainId(here);
        _onlyLeaf(there[0]);
        _refuse(ALICE, 50 ether, new bytes32[](0));
    }

    function test_a_leaf_of_another_vault_pays_nothing() public {
        address first = address(d.vault);
        useToken(d.token);
        truth(address(d.vault) != first, "another vault");
        fund(PAYER, 100 ether);
        VM.prank(PAYER);
        d.vault.deposit(OPERATOR, 100 ether);
        bytes32 root = rootOf(leaves);
        propose(root, 61 ether);
        VM.warp(block.timestamp + WINDOW);
        d.vault.finalizeRoot(root);
        _refuse(ALICE, 10 ether, proofOf(leaves, 0));
        _refuse(BOB, 20 ether, proofOf(leaves, 1));
    }

    function test_another_accounts_leaf_pays_nothing() public {
        _refuse(MALLORY, 10 ether, proofOf(leaves, 0));
        refused(MALLORY, abi.encodeWithSelector(IVault.ClaimNotAllowed.selector, ALICE, MALLORY));
        d.vault.claim(ALICE, 10 ether, proofOf(leaves, 0));
        refused(MALLORY, abi.encodeWithSelector(IVault.ProofInvalid.selector, MALLORY, 10 ether));
        d.vault.claim(MALLORY, 10 ether, proofOf(leaves, 3));
    }

    function test_being_anothers_recipient_gives_no_credit() public {
        VM.prank(MALLORY);
        d.vault.setRecipient(ALICE);
        refused(MALLORY, abi.encodeWithSelector(IVault.ClaimNotAllowed.selector, ALICE, MALLORY));
        d.vault.claim(ALICE, 10 ether, proofOf(leaves, 0));
        VM.prank(ALICE);
        d.vault.setRecipient(MALLORY);
        _refuse(MALLORY, 10 ether, proofOf(leaves, 0));
    }

    function test_another_amount_pays_nothing() public {
        uint256[5] memory amounts = [uint256(0), 10 ether - 1, 10 ether + 1, 61 ether, type(uint256).max];
        for (uint256 i = 0; i < amounts.length; ++i) {
            _refuse(ALICE, amounts[i], proofOf(leaves, 0));
        }
    }

    function test_a_replay_pays_nothing_and_reverts_nothing() public {
        claimAs(ALICE, ALICE, 10 ether, proofOf(leaves, 0));
        same(claimAs(ALICE, ALICE, 10 ether, proofOf(leaves, 0)), 0, "again");
        bytes32[] memory same_ = leaves;
        makeFinal(same_, 61 ether);
        same(claimAs(ALICE, ALICE, 10 ether, proofOf(leaves, 0)), 0, "after the same root for a new epoch");
        same(d.token.balanceOf(ALICE), 10 ether, "once");
    }

    function test_a_proof_of_an_older_root_pays_nothing() public {
        bytes32[] memory newer = two(ALICE, 15 ether, BOB, 60 ether);
        bytes32[] memory older = leaves;
        makeFinal(newer, 75 ether);
        _refuse(ALICE, 10 ether, proofOf(older, 0));
        same(claimAs(ALICE, ALICE, 15 ether, proofOf(newer, 0)), 15 ether, "the newer pays");
        _refuse(ALICE, 10 ether, proofOf(older, 0));
    }

    function test_a_proof_of_a_pending_or_cancelled_root_pays_nothing() public {
        bytes32[] memory next = two(ALICE, 15 ether, BOB, 60 ether);
        bytes32 root = rootOf(next);
        propose(root, 75 ether);
        _refuse(ALICE, 15 ether, proofOf(next, 0));
        VM.warp(block.timestamp + WINDOW);
        _refuse(ALICE, 15 ether, proofOf(next, 0));
        VM.prank(GUARDIAN);
        d.vault.cancelRoot(root);
        _refuse(ALICE, 15 ether, proofOf(next, 0));
        same(claimAs(ALICE, ALICE, 10 ether, proofOf(leaves, 0)), 10 ether, "the final one pays");
    }

    function test_a_cumulative_below_what_was_claimed_pays_nothing_and_reverts_nothing() public {
        claimAs(ALICE, ALICE, 10 ether, proofOf(leaves, 0));
        bytes32[] memory lower = two(ALICE, 4 ether, BOB, 57 ether);
        makeFinal(lower, 61 ether);
        VM.recordLogs();
        same(claimAs(ALICE, ALICE, 4 ether, proofOf(lower, 0)), 0, "paid");
        same(VM.getRecordedLogs().length, 0, "no event");
        same(d.vault.claimed(ALICE), 10 ether, "what was claimed never falls");
        bytes32[] memory zero = two(ALICE, 0, BOB, 61 ether);
        makeFinal(zero, 61 ether);
        same(claimAs(ALICE, ALICE, 0, proofOf(zero, 0)), 0, "a leaf of nothing");
        booksHold();
    }

    function test_an_empty_proof_is_for_a_tree_of_one_leaf() public {
        bytes32[] memory none = new bytes32[](0);
        _refuse(ALICE, 10 ether, none);
        makeFinal(one(ALICE, 61 ether), 61 ether);
        _refuse(BOB, 61 ether, none);
        _refuse(ALICE, 60 ether, none);
        bytes32[] memory itself = new bytes32[](1);
        itself[0] = leafOf(ALICE, 61 ether);
        _refuse(ALICE, 61 ether, itself);
        same(claimAs(ALICE, ALICE, 61 ether, none), 61 ether, "one leaf, no proof");
    }

    function test_a_proof_too_short_too_long_or_in_another_order_pays_nothing() public {
        bytes32[] memory proof = proofOf(leaves, 0);
        bytes32[] memory short = new bytes32[](1);
        short[0] = proof[0];
        _refuse(ALICE, 10 ether, short);
        bytes32[] memory long = new bytes32[](3);
        (long[0], long[1]) = (proof[0], proof[1]);
        _refuse(ALICE, 10 ether, long);
        long[2] = rootOf(leaves);
        _refuse(ALICE, 10 ether, long);
        (proof[0], proof[1]) = (proof[1], proof[0]);
        _refuse(ALICE, 10 ether, proof);
        bytes32[] memory huge = new bytes32[](1000);
        _refuse(ALICE, 10 ether, huge);
    }

    function test_an_account_with_dirty_bits_is_refused() public {
        bytes memory call = abi.encodeCall(IVault.claim, (ALICE, 10 ether, proofOf(leaves, 0)));
        bytes memory dirty = bytes.concat(call);
        dirty[4] = 0x01;
        VM.prank(ALICE);
        (bool done, bytes memory answer) = address(d.vault).call(dirty);
        truth(!done && answer.length == 0, "refused");
        VM.prank(ALICE);
        (done,) = address(d.vault).call(call);
        truth(done, "clean");
    }

    function testFuzz_a_random_proof_never_pays(
        address account,
        uint256 cumulative,
        bytes32[] memory proof,
        bytes32 root,
        bool push
    ) public {
        VM.assume(root != 0 && root != leafOf(account, cumulative));
        _onlyLeaf(root);
        if (push) {
            VM.prank(account);
            d.vault.setPush(true);
        }
        _refuse(account, cumulative, proof);
        same(d.vault.claimedTotal(), 0, "claimed");
    }

    function testFuzz_a_proof_with_one_bit_changed_never_pays(uint256 leaf, uint256 node, uint8 bit) public {
        leaf = bounded(leaf, 0, 2);
        (address account, uint256 cumulative) = _of(leaf);
        bytes32[] memory proof = proofOf(leaves, leaf);
        node = bounded(node, 0, proof.length - 1);
        proof[node] ^= bytes32(uint256(1) << bit);
        _refuse(account, cumulative, proof);
    }

    function testFuzz_another_leafs_proof_never_pays(uint256 leaf, uint256 proofOfLeaf, uint256 amount) public {
        leaf = bounded(leaf, 0, 2);
        proofOfLeaf = bounded(proofOfLeaf, 0, 3);
        (address account, uint256 cumulative) = _of(leaf);
        bytes32[] memory proof = proofOf(leaves, proofOfLeaf);
        if (leaf != proofOfLeaf) _refuse(account, cumulative, proof);
        if (amount != cumulative) _refuse(account, amount, proof);
    }

    /// @dev A root that is one node, whatever it is made of; nobody is owed less than before.
    function _onlyLeaf(bytes32 root) private {
        propose(root, d.vault.finalRoot().total);
        VM.warp(block.timestamp + WINDOW);
        d.vault.finalizeRoot(root);
    }

    /// @dev The account itself brings it, and alone and in a batch it is refused.
    function _refuse(address account, uint256 cumulative, bytes32[] memory proof) private {
        uint256 before = d.token.balanceOf(address(d.vault));
        bytes memory invalid = abi.encodeWithSelector(IVault.ProofInvalid.selector, account, cumulative);
        refused(account, invalid);
        d.vault.claim(account, cumulative, proof);
        IVault.ClaimItem[] memory items = new IVault.ClaimItem[](1);
        items[0] = IVault.ClaimItem(account, cumulative, proof);
        refused(account, invalid);
        d.vault.claimBatch(items);
        same(d.token.balanceOf(address(d.vault)), before, "nothing left the vault");
    }

    function _of(uint256 leaf) private pure returns (address, uint256) {
        if (leaf == 0) return (ALICE, 10 ether);
        if (leaf == 1) return (BOB, 20 ether);
        return (CAROL, 30 ether);
    }
}
