// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {VM} from "../../script/Vm.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {VaultFixture} from "./VaultFixture.sol";

/// @title The one exit: who may bring a claim, what it pays, and to whom
contract ClaimsTest is VaultFixture {
    bytes32[] internal leaves;

    function setUp() public override {
        super.setUp();
        inflow(100 ether);
        leaves = two(ALICE, 10 ether, BOB, 20 ether);
        makeFinal(leaves, 30 ether);
    }

    function test_a_claim_pays_what_the_leaf_says() public {
        expectEvent();
        emit IVault.Claimed(ALICE, ALICE, 10 ether, 10 ether);
        same(claimAs(ALICE, ALICE, 10 ether, proofOf(leaves, 0)), 10 ether, "paid");
        same(d.token.balanceOf(ALICE), 10 ether, "balance");
        same(d.vault.claimed(ALICE), 10 ether, "claimed");
        same(d.vault.claimedTotal(), 10 ether, "by all");
        booksHold();
    }

    function test_one_proof_claims_every_epoch() public {
        claimAs(ALICE, ALICE, 10 ether, proofOf(leaves, 0));
        bytes32[] memory second = two(ALICE, 12 ether, BOB, 25 ether);
        makeFinal(second, 37 ether);
        expectEvent();
        emit IVault.Claimed(ALICE, ALICE, 2 ether, 12 ether);
        same(claimAs(ALICE, ALICE, 12 ether, proofOf(second, 0)), 2 ether, "what is new");
        same(claimAs(BOB, BOB, 25 ether, proofOf(second, 1)), 25 ether, "both epochs at once");
        same(d.vault.claimedTotal(), 37 ether, "by all");
        booksHold();
    }

    function test_a_second_claim_pays_nothing() public {
        claimAs(ALICE, ALICE, 10 ether, proofOf(leaves, 0));
        VM.recordLogs();
        same(claimAs(ALICE, ALICE, 10 ether, proofOf(leaves, 0)), 0, "paid");
        same(VM.getRecordedLogs().length, 0, "and says nothing");
        same(d.token.balanceOf(ALICE), 10 ether, "once");
        same(d.vault.claimedTotal(), 10 ether, "by all");
    }

    function test_before_the_first_root_nothing_is_claimed() public {
        useToken(d.token);
        refused(ALICE, abi.encodeWithSelector(IVault.NoFinalRoot.selector));
        d.vault.claim(ALICE, 10 ether, proofOf(leaves, 0));
    }

    function test_only_the_account_brings_its_claim_unless_it_allows_others() public {
        refused(MALLORY, abi.encodeWithSelector(IVault.ClaimNotAllowed.selector, ALICE, MALLORY));
        d.vault.claim(ALICE, 10 ether, proofOf(leaves, 0));
        truth(!d.vault.allowsPush(ALICE), "not at first");
        expectEvent();
        emit IVault.PushSet(ALICE, true);
        VM.prank(ALICE);
        d.vault.setPush(true);
        truth(d.vault.allowsPush(ALICE), "allowed");
        claimAs(MALLORY, ALICE, 10 ether, proofOf(leaves, 0));
        same(d.token.balanceOf(ALICE), 10 ether, "the money goes to Alice");
        same(d.token.balanceOf(MALLORY), 0, "not to who brings it");
        expectEvent();
        emit IVault.PushSet(ALICE, false);
        VM.prank(ALICE);
        d.vault.setPush(false);
        refused(MALLORY, abi.encodeWithSelector(IVault.ClaimNotAllowed.selector, ALICE, MALLORY));
        d.vault.claim(ALICE, 10 ether, proofOf(leaves, 0));
    }

    function test_claims_go_to_the_recipient_and_it_may_bring_them() public {
        same(d.vault.recipientOf(ALICE), ALICE, "at first the account");
        expectEvent();
        emit IVault.RecipientSet(ALICE, CAROL);
        VM.prank(ALICE);
        d.vault.setRecipient(CAROL);
        same(d.vault.recipientOf(ALICE), CAROL, "then another");
        expectEvent();
        emit IVault.Claimed(ALICE, CAROL, 10 ether, 10 ether);
        claimAs(CAROL, ALICE, 10 ether, proofOf(leaves, 0));
        same(d.token.balanceOf(CAROL), 10 ether, "Carol");
        same(d.token.balanceOf(ALICE), 0, "Alice");
        same(d.vault.claimed(ALICE), 10 ether, "counted for the account");
        same(d.vault.claimed(CAROL), 0, "and not for the recipient");
    }

    function test_the_vault_is_nobodys_recipient() public {
        refused(ALICE, abi.encodeWithSelector(IVault.RecipientInvalid.selector, address(d.vault)));
        d.vault.setRecipient(address(d.vault));
    }

    function test_a_former_recipient_brings_nothing() public {
        VM.startPrank(ALICE);
        d.vault.setRecipient(CAROL);
        d.vault.setRecipient(BOB);
        VM.stopPrank();
        refused(CAROL, abi.encodeWithSelector(IVault.ClaimNotAllowed.selector, ALICE, CAROL));
        d.vault.claim(ALICE, 10 ether, proofOf(leaves, 0));
        same(claimAs(ALICE, ALICE, 10 ether, proofOf(leaves, 0)), 10 ether, "the account still may");
        same(d.token.balanceOf(BOB), 10 ether, "Bob");
    }

    function test_zero_or_itself_ends_a_redirection() public {
        address[2] memory back = [address(0), ALICE];
        for (uint256 i = 0; i < back.length; ++i) {
            VM.prank(ALICE);
            d.vault.setRecipient(CAROL);
            expectEvent();
            emit IVault.RecipientSet(ALICE, ALICE);
            VM.prank(ALICE);
            d.vault.setRecipient(back[i]);
            same(d.vault.recipientOf(ALICE), ALICE, "recipient");
            refused(CAROL, abi.encodeWithSelector(IVault.ClaimNotAllowed.selector, ALICE, CAROL));
            d.vault.claim(ALICE, 10 ether, proofOf(leaves, 0));
        }
    }

    function test_who_brings_a_claim_is_never_the_zero_address() public {
        refused(address(0), abi.encodeWithSelector(IVault.ClaimNotAllowed.selector, ALICE, address(0)));
        d.vault.claim(ALICE, 10 ether, proofOf(leaves, 0));
        makeFinal(one(address(0), 40 ether), 40 ether);
        refused(address(0), abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        d.vault.claim(address(0), 40 ether, new bytes32[](0));
    }

    function test_all_together_claim_the_total_and_no_more() public {
        bytes32[] memory more = two(ALICE, 50 ether, BOB, 31 ether);
        makeFinal(more, 80 ether);
        claimAs(ALICE, ALICE, 50 ether, proofOf(more, 0));
        refused(BOB, abi.encodeWithSelector(IVault.TotalExceeded.selector, 80 ether + 1 ether, 80 ether));
        d.vault.claim(BOB, 31 ether, proofOf(more, 1));
        bytes32[] memory exact = two(ALICE, 50 ether, BOB, 30 ether);
        makeFinal(exact, 80 ether);
        claimAs(BOB, BOB, 30 ether, proofOf(exact, 1));
        same(d.vault.claimedTotal(), 80 ether, "by all");
        booksHold();
    }

    function test_one_unit_above_the_total_is_refused() public {
        bytes32[] memory more = one(ALICE, 80 ether + 1);
        makeFinal(more, 80 ether);
        refused(ALICE, abi.encodeWithSelector(IVault.TotalExceeded.selector, 80 ether + 1, 80 ether));
        d.vault.claim(ALICE, 80 ether + 1, new bytes32[](0));
        bytes32[] memory most = one(ALICE, type(uint256).max);
        makeFinal(most, 80 ether);
        refused(ALICE, abi.encodeWithSelector(IVault.TotalExceeded.selector, type(uint256).max, 80 ether));
        d.vault.claim(ALICE, type(uint256).max, new bytes32[](0));
    }

    function test_a_sum_that_overflows_is_refused() public {
        claimAs(ALICE, ALICE, 10 ether, proofOf(leaves, 0));
        makeFinal(one(BOB, type(uint256).max), 80 ether);
        refused(BOB, panic(0x11));
        d.vault.claim(BOB, type(uint256).max, new bytes32[](0));
    }

    function test_a_batch_pays_everyone_in_it() public {
        VM.prank(ALICE);
        d.vault.setPush(true);
        VM.startPrank(BOB);
        d.vault.setPush(true);
        d.vault.setRecipient(CAROL);
        VM.stopPrank();
        expectEvent();
        emit IVault.Claimed(ALICE, ALICE, 10 ether, 10 ether);
        expectEvent();
        emit IVault.Claimed(BOB, CAROL, 20 ether, 20 ether);
        VM.prank(MALLORY);
        same(d.vault.claimBatch(_batch()), 30 ether, "paid");
        same(d.token.balanceOf(ALICE), 10 ether, "Alice");
        same(d.token.balanceOf(CAROL), 20 ether, "Carol");
        VM.prank(MALLORY);
        same(d.vault.claimBatch(_batch()), 0, "once");
        booksHold();
    }

    function test_an_account_twice_in_a_batch_is_paid_once() public {
        IVault.ClaimItem[] memory items = new IVault.ClaimItem[](3);
        for (uint256 i = 0; i < items.length; ++i) {
            items[i] = IVault.ClaimItem(ALICE, 10 ether, proofOf(leaves, 0));
        }
        VM.prank(ALICE);
        same(d.vault.claimBatch(items), 10 ether, "paid");
        same(d.token.balanceOf(ALICE), 10 ether, "balance");
    }

    function test_one_wrong_item_refuses_the_whole_batch() public {
        VM.prank(ALICE);
        d.vault.setPush(true);
        refused(MALLORY, abi.encodeWithSelector(IVault.ClaimNotAllowed.selector, BOB, MALLORY));
        d.vault.claimBatch(_batch());
        same(d.token.balanceOf(ALICE), 0, "nobody is paid");
        IVault.ClaimItem[] memory items = _batch();
        items[1].account = ALICE;
        refused(MALLORY, abi.encodeWithSelector(IVault.ProofInvalid.selector, ALICE, 20 ether));
        d.vault.claimBatch(items);
    }

    function test_an_empty_batch_pays_nothing() public {
        same(d.vault.claimBatch(new IVault.ClaimItem[](0)), 0, "paid");
    }

    function testFuzz_every_leaf_of_a_tree_is_paid_once(uint256[] memory amounts, uint256 seed) public {
        uint256 count = bounded(amounts.length, 1, 24);
        bytes32[] memory many = new bytes32[](count);
        uint256[] memory owed = new uint256[](count);
        uint256 total = 0;
        for (uint256 i = 0; i < count; ++i) {
            owed[i] = bounded(i < amounts.length ? amounts[i] : seed, 1, 3 ether);
            total += owed[i];
            many[i] = leafOf(_person(i), owed[i]);
        }
        makeFinal(many, total < 30 ether ? 30 ether : total);
        for (uint256 k = 0; k < 2 * count; ++k) {
            uint256 i = (k + seed % count) % count;
            uint256 expected = d.vault.claimed(_person(i)) == 0 ? owed[i] : 0;
            same(claimAs(_person(i), _person(i), owed[i], proofOf(many, i)), expected, "paid");
            same(d.token.balanceOf(_person(i)), owed[i], "balance");
        }
        same(d.vault.claimedTotal(), total, "by all");
        booksHold();
    }

    function testFuzz_claims_pay_what_grew(uint256 a, uint256 b, bool between) public {
        a = bounded(a, 1, 50 ether);
        b = bounded(b, a, 100 ether);
        makeFinal(one(ALICE, a), a < 30 ether ? 30 ether : a);
        if (between) same(claimAs(ALICE, ALICE, a, new bytes32[](0)), a, "first");
        makeFinal(one(ALICE, b), b < 50 ether ? 50 ether : b);
        same(claimAs(ALICE, ALICE, b, new bytes32[](0)), between ? b - a : b, "second");
        same(d.token.balanceOf(ALICE), b, "balance");
        booksHold();
    }

    function _person(uint256 i) private pure returns (address) {
        return address(uint160(0x10000 + i));
    }

    function _batch() private view returns (IVault.ClaimItem[] memory items) {
        items = new IVault.ClaimItem[](2);
        items[0] = IVault.ClaimItem(ALICE, 10 ether, proofOf(leaves, 0));
        items[1] = IVault.ClaimItem(BOB, 20 ether, proofOf(leaves, 1));
    }
}
