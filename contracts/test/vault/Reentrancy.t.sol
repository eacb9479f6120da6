// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {VM} from "../../script/Vm.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {DatanetId, RunId} from "../../src/types.sol";
import {HostileToken, InexactToken, RefusingToken} from "./Tokens.sol";
import {VaultFixture} from "./VaultFixture.sol";

/// @title A token that calls back: every entry that moves money is shut while money moves
/// @notice Whatever the token calls back fails; then everything fails, or, where the token swallows that, it pays once.
contract ReentrancyTest is VaultFixture {
    HostileToken internal hostile;
    bytes32[] internal leaves;
    bytes32 internal constant NEXT = keccak256("next");

    function setUp() public override {
        super.setUp();
        hostile = new HostileToken();
        useToken(hostile);
        address[6] memory holders = [ALICE, BOB, CAROL, PAYER, address(d.datanets), address(hostile)];
        for (uint256 i = 0; i < holders.length; ++i) {
            hostile.mint(holders[i], 1e6 ether);
            VM.prank(holders[i]);
            hostile.approve(address(d.vault), type(uint256).max);
        }
        VM.prank(PAYER);
        d.vault.deposit(OPERATOR, 100 ether);
        leaves = two(ALICE, 10 ether, address(hostile), 20 ether);
        makeFinal(leaves, 30 ether);
        VM.prank(ALICE);
        d.vault.setPush(true);
        hostile.watch(ALICE);
    }

    function test_nothing_is_entered_again_from_a_payment_in() public {
        _attack(PAYER, abi.encodeCall(IVault.deposit, (OPERATOR, 1 ether)));
        _attack(PAYER, abi.encodeCall(IVault.stake, (OPERATOR, 1 ether)));
        _attack(PAYER, abi.encodeCall(IVault.depositIncentive, ("salt", DatanetId.wrap(NEXT), 1 ether)));
        _attack(PAYER, abi.encodeCall(IVault.payTraining, (RunId.wrap(NEXT), 1 ether)));
        _attack(address(d.datanets), abi.encodeCall(IVault.forfeitBond, (PAYER, 1 ether)));
    }

    function test_nothing_is_entered_again_from_a_claim() public {
        _attack(ALICE, abi.encodeCall(IVault.claim, (ALICE, 10 ether, proofOf(leaves, 0))));
        IVault.ClaimItem[] memory items = new IVault.ClaimItem[](1);
        items[0] = IVault.ClaimItem(ALICE, 10 ether, proofOf(leaves, 0));
        _attack(BOB, abi.encodeCall(IVault.claimBatch, (items)));
    }

    function test_nothing_is_entered_again_when_a_bond_is_taken() public {
        VM.warp(d.vault.livenessAt());
        _attack(BOB, abi.encodeCall(IVault.proposeRoot, (2, rootOf(leaves), NEXT, MANIFEST, 30 ether, BUNDLE)));
        propose(NEXT, 30 ether);
        _attack(CAROL, abi.encodeCall(IVault.disputeRoot, (NEXT, EVIDENCE)));
    }

    function test_nothing_is_entered_again_when_a_bond_is_returned() public {
        VM.warp(d.vault.livenessAt());
        _proposeAs(BOB, NEXT, 30 ether);
        uint256 undisputed = VM.snapshotState();
        VM.warp(block.timestamp + WINDOW);
        _attack(MALLORY, abi.encodeCall(IVault.finalizeRoot, (NEXT)));
        VM.revertToState(undisputed);
        VM.prank(CAROL);
        d.vault.disputeRoot(NEXT, EVIDENCE);
        _attack(timelock, abi.encodeCall(IVault.cancelRoot, (NEXT)));
        _attack(timelock, abi.encodeCall(IVault.resolveDispute, (NEXT, CAROL, true)));
        VM.warp(d.vault.dispute().lapsesAt);
        _attack(MALLORY, abi.encodeCall(IVault.lapseDispute, ()));
        pause();
        _attack(timelock, abi.encodeCall(IVault.revokeRoot, (rootOf(leaves), 0)));
    }

    function test_the_books_are_written_before_a_claim_pays() public {
        hostile.arm(address(d.vault), abi.encodeCall(IVault.setPush, (true)), true);
        claimAs(ALICE, ALICE, 10 ether, proofOf(leaves, 0));
        (,, uint256 claimedTotal, uint256 claimed) = hostile.books();
        same(claimed, 10 ether, "the account's");
        same(claimedTotal, 10 ether, "all together");
    }

    function test_the_books_are_written_before_a_bond_goes_back() public {
        VM.warp(d.vault.livenessAt());
        _proposeAs(BOB, NEXT, 30 ether);
        VM.warp(block.timestamp + WINDOW);
        hostile.arm(address(d.vault), abi.encodeCall(IVault.setPush, (true)), true);
        d.vault.finalizeRoot(NEXT);
        (, uint256 bonds,,) = hostile.books();
        same(bonds, 0, "bonds");
        same(d.vault.pendingRoot().readyAt, 0, "the slot is free");
    }

    function test_what_is_not_shut_changes_nothing_that_is_being_paid() public {
        VM.prank(address(hostile));
        d.vault.setRecipient(MALLORY);
        hostile.arm(address(d.vault), abi.encodeCall(IVault.setRecipient, (CAROL)), false);
        uint256 before = hostile.balanceOf(CAROL);
        VM.prank(MALLORY);
        d.vault.claim(address(hostile), 20 ether, proofOf(leaves, 1));
        same(hostile.balanceOf(MALLORY), 20 ether, "paid to who was the recipient");
        same(hostile.balanceOf(CAROL), before, "and to nobody else");
    }

    /// @dev Outer call with every inner call: refused as a whole, then with a token that swallows the refusal.
    function _attack(address caller, bytes memory outer) private {
        bytes memory shut = abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        bytes[] memory inner = _inner();
        for (uint256 i = 0; i < inner.length; ++i) {
            uint256 clean = VM.snapshotState();
            hostile.arm(address(d.vault), inner[i], false);
            VM.prank(caller);
            (bool done, bytes memory answer) = address(d.vault).call(outer);
            truth(!done, "the whole call is refused");
            same(keccak256(answer), keccak256(shut), "as entered again");
            VM.revertToState(clean);
            hostile.arm(address(0), "", true);
            VM.prank(caller);
            (done,) = address(d.vault).call(outer);
            truth(done, "alone it works");
            bytes32 alone = _state(caller);
            VM.revertToState(clean);
            hostile.arm(address(d.vault), inner[i], true);
            VM.prank(caller);
            (done,) = address(d.vault).call(outer);
            truth(done && !hostile.succeeded() && hostile.calls() != 0, "only the inner call is refused");
            same(keccak256(hostile.answer()), keccak256(shut), "as entered again");
            same(_state(caller), alone, "what happened is what happens without the attack");
            booksHold();
            VM.revertToState(clean);
        }
    }

    function _inner() private view returns (bytes[] memory calls) {
        IVault.ClaimItem[] memory items = new IVault.ClaimItem[](1);
        items[0] = IVault.ClaimItem(address(hostile), 20 ether, proofOf(leaves, 1));
        calls = new bytes[](13);
        calls[0] = abi.encodeCall(IVault.claim, (ALICE, 10 ether, proofOf(leaves, 0)));
        calls[1] = abi.encodeCall(IVault.claim, (address(hostile), 20 ether, proofOf(leaves, 1)));
        calls[2] = abi.encodeCall(IVault.claimBatch, (items));
        calls[3] = abi.encodeCall(IVault.deposit, (OPERATOR, 1 ether));
        calls[4] = abi.encodeCall(IVault.stake, (OPERATOR, 1 ether));
        calls[5] = abi.encodeCall(IVault.finalizeRoot, (NEXT));
        calls[6] = abi.encodeCall(IVault.disputeRoot, (NEXT, EVIDENCE));
        calls[7] = abi.encodeCall(IVault.proposeRoot, (2, rootOf(leaves), MANIFEST, MANIFEST, 30 ether, BUNDLE));
        calls[8] = abi.encodeCall(IVault.lapseDispute, ());
        calls[9] = abi.encodeCall(IVault.cancelRoot, (NEXT));
        calls[10] = abi.encodeCall(IVault.depositIncentive, ("salt", DatanetId.wrap(NEXT), 1 ether));
        calls[11] = abi.encodeCall(IVault.payTraining, (RunId.wrap(NEXT), 1 ether));
        calls[12] = abi.encodeCall(IVault.resolveDispute, (NEXT, CAROL, true));
    }

    function _state(address caller) private view returns (bytes32) {
        uint256[6] memory balances = [
            hostile.balanceOf(address(d.vault)),
            hostile.balanceOf(caller),
            hostile.balanceOf(ALICE),
            hostile.balanceOf(BOB),
            hostile.balanceOf(CAROL),
            hostile.balanceOf(address(hostile))
        ];
        uint256[3] memory books = [d.vault.received(), d.vault.bonds(), d.vault.claimedTotal()];
        return keccak256(abi.encode(balances, books, d.vault.pendingRoot(), d.vault.dispute(), d.vault.finalRoot()));
    }
}

/// @title Tokens that move another amount than they are told to
contract InexactTokenTest is VaultFixture {
    function test_a_token_that_takes_a_fee_is_refused() public {
        _refusesInexact(99, 99 ether);
    }

    function test_a_token_that_moves_nothing_is_refused() public {
        _refusesInexact(0, 0);
    }

    function test_a_token_that_adds_is_refused() public {
        _refusesInexact(101, 101 ether);
    }

    function test_a_token_that_says_no_is_refused() public {
        RefusingToken refusing = new RefusingToken();
        useToken(refusing);
        refused(PAYER, abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(refusing)));
        d.vault.deposit(OPERATOR, 100 ether);
    }

    function _refusesInexact(uint256 percent, uint256 arrives) private {
        InexactToken inexact = new InexactToken(percent);
        useToken(inexact);
        setBonds(100 ether, 100 ether);
        inexact.mint(PAYER, 1e6 ether);
        inexact.mint(address(d.datanets), 1e6 ether);
        VM.prank(PAYER);
        inexact.approve(address(d.vault), type(uint256).max);
        VM.prank(address(d.datanets));
        inexact.approve(address(d.vault), type(uint256).max);
        bytes memory error = abi.encodeWithSelector(IVault.TokenInexact.selector, 100 ether, arrives);
        refused(PAYER, error);
        d.vault.deposit(OPERATOR, 100 ether);
        refused(PAYER, error);
        d.vault.stake(OPERATOR, 100 ether);
        refused(PAYER, error);
        d.vault.depositIncentive("salt", DatanetId.wrap(MANIFEST), 100 ether);
        refused(PAYER, error);
        d.vault.payTraining(RunId.wrap(MANIFEST), 100 ether);
        refused(address(d.datanets), error);
        d.vault.forfeitBond(PAYER, 100 ether);
        propose(MANIFEST, 0);
        refused(PAYER, error);
        d.vault.disputeRoot(MANIFEST, EVIDENCE);
        VM.prank(GUARDIAN);
        d.vault.cancelRoot(MANIFEST);
        VM.warp(d.vault.livenessAt());
        refused(PAYER, error);
        d.vault.proposeRoot(1, 0, MANIFEST, MANIFEST, 0, BUNDLE);
        same(d.vault.received() + d.vault.bonds(), 0, "nothing is booked");
    }
}
