// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {Votes} from "@openzeppelin/contracts/governance/utils/Votes.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {VM} from "../../script/Vm.sol";
import {OpenToken} from "../../src/OpenToken.sol";
import {IOpenToken} from "../../src/interfaces/IOpenToken.sol";
import {Fixture} from "../Fixture.sol";

/// @title The token: supply, allocation, permit, votes
contract TokenTest is Fixture {
    uint256 private constant KEY = 0xA11CE5;
    uint256 private constant SUPPLY = 1_000_000_000_000_000_000_000_000_000;
    address private constant SPENDER = address(0x59E4D);

    // Supply

    function test_the_supply_is_one_billion_with_eighteen_decimals_for_ever() public view {
        same(d.token.totalSupply(), SUPPLY, "supply");
        same(d.token.SUPPLY(), SUPPLY, "constant");
        same(d.token.decimals(), 18, "decimals");
        same(keccak256(bytes(d.token.name())), keccak256("Openbooks"), "name");
        same(keccak256(bytes(d.token.symbol())), keccak256("OPEN"), "symbol");
        same(d.token.balanceOf(TREASURY), SUPPLY, "all allocated");
        same(d.token.balanceOf(address(this)), 0, "none to the deployer");
    }

    function test_every_holder_gets_what_the_allocation_says() public {
        OpenToken.Allocation[] memory allocations = new OpenToken.Allocation[](3);
        allocations[0] = OpenToken.Allocation(address(1), SUPPLY - 3);
        allocations[1] = OpenToken.Allocation(address(2), 2);
        allocations[2] = OpenToken.Allocation(address(1), 1);
        VM.expectEmit();
        emit IOpenToken.Transfer(address(0), address(1), SUPPLY - 3);
        VM.expectEmit();
        emit IOpenToken.Transfer(address(0), address(2), 2);
        VM.expectEmit();
        emit IOpenToken.Transfer(address(0), address(1), 1);
        OpenToken token = new OpenToken(allocations);
        same(token.balanceOf(address(1)), SUPPLY - 2, "two allocations of one holder");
        same(token.balanceOf(address(2)), 2, "another");
        same(token.totalSupply(), SUPPLY, "supply");
    }

    function testFuzz_an_allocation_that_does_not_add_up_is_refused(uint256 amount) public {
        amount %= type(uint208).max;
        VM.assume(amount != SUPPLY);
        VM.expectRevert(abi.encodeWithSelector(OpenToken.AllocationIncomplete.selector, amount, SUPPLY));
        new OpenToken(_one(address(1), amount));
    }

    function test_one_base_unit_too_few_or_too_many_and_none_at_all_are_refused() public {
        VM.expectRevert(abi.encodeWithSelector(OpenToken.AllocationIncomplete.selector, SUPPLY - 1, SUPPLY));
        new OpenToken(_one(address(1), SUPPLY - 1));
        VM.expectRevert(abi.encodeWithSelector(OpenToken.AllocationIncomplete.selector, SUPPLY + 1, SUPPLY));
        new OpenToken(_one(address(1), SUPPLY + 1));
        VM.expectRevert(abi.encodeWithSelector(OpenToken.AllocationIncomplete.selector, 0, SUPPLY));
        new OpenToken(new OpenToken.Allocation[](0));
        VM.expectRevert(
            abi.encodeWithSelector(
                ERC20Votes.ERC20ExceededSafeSupply.selector, uint256(type(uint208).max) + 1, type(uint208).max
            )
        );
        new OpenToken(_one(address(1), uint256(type(uint208).max) + 1));
    }

    function test_nothing_is_allocated_to_nobody() public {
        VM.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        new OpenToken(_one(address(0), SUPPLY));
    }

    function testFuzz_a_transfer_moves_exactly_the_amount(address to, uint256 amount) public {
        VM.assume(to != address(0) && to != TREASURY);
        amount %= SUPPLY + 1;
        VM.expectEmit(address(d.token));
        emit IOpenToken.Transfer(TREASURY, to, amount);
        VM.prank(TREASURY);
        truth(d.token.transfer(to, amount), "transfer");
        same(d.token.balanceOf(to), amount, "to");
        same(d.token.balanceOf(TREASURY), SUPPLY - amount, "from");
        same(d.token.totalSupply(), SUPPLY, "supply");
    }

    // Permit

    function testFuzz_a_permit_sets_the_allowance_without_a_transaction_of_the_owner(uint256 value) public {
        address owner = VM.addr(KEY);
        (uint8 v, bytes32 r, bytes32 s) = _sign(KEY, owner, value, 0, block.timestamp);
        VM.prank(SPENDER);
        d.token.permit(owner, SPENDER, value, block.timestamp, v, r, s);
        same(d.token.allowance(owner, SPENDER), value, "allowance");
        same(d.token.nonces(owner), 1, "nonce");
    }

    function test_a_permit_counts_once() public {
        address owner = VM.addr(KEY);
        (uint8 v, bytes32 r, bytes32 s) = _sign(KEY, owner, 5, 0, type(uint256).max);
        d.token.permit(owner, SPENDER, 5, type(uint256).max, v, r, s);
        bytes32 again = _digest(owner, SPENDER, 5, 1, type(uint256).max);
        address signer = ecrecover(again, v, r, s);
        VM.expectRevert(abi.encodeWithSelector(ERC20Permit.ERC2612InvalidSigner.selector, signer, owner));
        d.token.permit(owner, SPENDER, 5, type(uint256).max, v, r, s);
    }

    function test_a_permit_ends_after_its_deadline() public {
        address owner = VM.addr(KEY);
        uint256 deadline = block.timestamp;
        (uint8 v, bytes32 r, bytes32 s) = _sign(KEY, owner, 5, 0, deadline);
        VM.warp(deadline + 1);
        VM.expectRevert(abi.encodeWithSelector(ERC20Permit.ERC2612ExpiredSignature.selector, deadline));
        d.token.permit(owner, SPENDER, 5, deadline, v, r, s);
        VM.warp(deadline);
        d.token.permit(owner, SPENDER, 5, deadline, v, r, s);
    }

    function testFuzz_a_permit_of_another_key_is_refused(uint256 key) public {
        key = 1 + key % (2 ** 250);
        VM.assume(key != KEY);
        address owner = VM.addr(KEY);
        (uint8 v, bytes32 r, bytes32 s) = _sign(key, owner, 5, 0, type(uint256).max);
        VM.expectRevert(abi.encodeWithSelector(ERC20Permit.ERC2612InvalidSigner.selector, VM.addr(key), owner));
        d.token.permit(owner, SPENDER, 5, type(uint256).max, v, r, s);
    }

    // Votes

    function test_votes_count_by_time() public {
        same(keccak256(bytes(d.token.CLOCK_MODE())), keccak256("mode=timestamp"), "mode");
        same(d.token.clock(), block.timestamp, "clock");
        VM.warp(GENESIS + 99 days);
        same(d.token.clock(), GENESIS + 99 days, "later");
        same(d.governor.clock(), GENESIS + 99 days, "the governor's too");
        same(keccak256(bytes(d.governor.CLOCK_MODE())), keccak256("mode=timestamp"), "the governor's mode");
    }

    function test_votes_are_had_by_delegation_only_and_remembered_by_time() public {
        uint256 start = GENESIS + 1 days;
        VM.warp(start);
        fund(address(1), 10);
        same(d.token.getVotes(address(1)), 0, "not delegated");
        VM.expectEmit(address(d.token));
        emit IVotes.DelegateChanged(address(1), address(0), address(2));
        VM.expectEmit(address(d.token));
        emit IVotes.DelegateVotesChanged(address(2), 0, 10);
        VM.prank(address(1));
        d.token.delegate(address(2));
        VM.warp(start + 100);
        fund(address(1), 5);
        VM.warp(start + 200);
        VM.prank(address(1));
        truth(d.token.transfer(address(3), 15), "transfer");
        same(d.token.getVotes(address(2)), 0, "now");
        same(d.token.getPastVotes(address(2), start + 199), 15, "before");
        same(d.token.getPastVotes(address(2), start + 99), 10, "long before");
        same(d.token.getPastVotes(address(2), start - 1), 0, "at first");
        same(d.token.getPastTotalSupply(start), SUPPLY, "supply");
        VM.expectRevert(abi.encodeWithSelector(Votes.ERC5805FutureLookup.selector, start + 200, start + 200));
        d.token.getPastVotes(address(2), start + 200);
    }

    function testFuzz_delegation_neither_makes_nor_loses_votes(uint256 a, uint256 b, uint256 moved) public {
        a %= SUPPLY / 2;
        b %= SUPPLY / 2;
        fund(address(1), a);
        fund(address(2), b);
        VM.prank(address(1));
        d.token.delegate(address(2));
        VM.prank(address(2));
        d.token.delegate(address(2));
        same(d.token.getVotes(address(2)), a + b, "both");
        moved %= a + 1;
        VM.prank(address(1));
        truth(d.token.transfer(address(3), moved), "transfer");
        same(d.token.getVotes(address(2)), a + b - moved, "less");
        VM.prank(address(1));
        d.token.delegate(address(0));
        same(d.token.getVotes(address(2)), b, "own");
    }

    function test_a_delegation_can_be_signed() public {
        address owner = VM.addr(KEY);
        fund(owner, 7);
        bytes32 typeHash = keccak256("Delegation(address delegatee,uint256 nonce,uint256 expiry)");
        bytes32 digest = _typed(keccak256(abi.encode(typeHash, address(9), 0, type(uint256).max)));
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(KEY, digest);
        d.token.delegateBySig(address(9), 0, type(uint256).max, v, r, s);
        same(d.token.getVotes(address(9)), 7, "votes");
        same(d.token.nonces(owner), 1, "permits and delegations share the nonce");
    }

    function _one(address holder, uint256 amount) private pure returns (OpenToken.Allocation[] memory allocations) {
        allocations = new OpenToken.Allocation[](1);
        allocations[0] = OpenToken.Allocation(holder, amount);
    }

    function _sign(uint256 key, address owner, uint256 value, uint256 nonce, uint256 deadline)
        private
        view
        returns (uint8, bytes32, bytes32)
    {
        return VM.sign(key, _digest(owner, SPENDER, value, nonce, deadline));
    }

    function _digest(address owner, address spender, uint256 value, uint256 nonce, uint256 deadline)
        private
        view
        returns (bytes32)
    {
        bytes32 typeHash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        return _typed(keccak256(abi.encode(typeHash, owner, spender, value, nonce, deadline)));
    }

    function _typed(bytes32 structHash) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Openbooks"),
                keccak256("1"),
                block.chainid,
                address(d.token)
            )
        );
        return keccak256(bytes.concat(hex"1901", domain, structHash));
    }
}
