// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../script/Vm.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {VaultFixture} from "./VaultFixture.sol";

/// @title A year in which some are rogue, absent or silent, in steps of six hours
/// @notice The rogue move first in every step. What is counted: honest roots that became final and were claimed, and
/// the longest time without one.
abstract contract Year is VaultFixture {
    /// @notice Who is what this year; all others are honest.
    struct Cast {
        bool guardianPauses;
        bool guardianCancels;
        bool guardianDisputes;
        bool proposerLies;
        bool proposerIsGone;
        bool disputers;
        bool liars;
        bool guardianIsGone;
        bool timelockIsSilent;
        bool timelockReplaces;
    }

    uint256 internal constant STEP = 6 hours;
    /// @dev What a proposal, a vote and the timelock take together.
    uint256 internal constant GOVERNANCE = 7 days;
    address internal constant ROGUE = address(0xBAD);
    address internal constant KEEPER = address(0x600D);
    address internal constant NEWCOMER = address(0xBEE);

    Cast internal cast;
    address internal proposer = PROPOSER;
    mapping(bytes32 root => bool) internal garbage;
    uint256 internal nonce;
    uint256 internal finals;
    uint256 internal garbageFinals;
    uint256 internal lastFinal;
    uint256 internal longest;

    function setUp() public override {
        super.setUp();
        inflow(1e6 ether);
        fund(ROGUE, 20 * DISPUTE_BOND);
        fund(GUARDIAN, DISPUTE_BOND);
        fund(KEEPER, LIVENESS_BOND + DISPUTE_BOND);
        lastFinal = block.timestamp;
    }

    function _live(uint256 time) internal {
        uint256 end = block.timestamp + time;
        uint256 start = block.timestamp;
        while (block.timestamp < end) {
            _rogues();
            if (!cast.timelockIsSilent) _timelock(start);
            if (!cast.guardianPauses && !cast.guardianCancels && !cast.guardianIsGone) _honestGuardian();
            _keepers();
            if (!cast.proposerIsGone && !cast.proposerLies) _honestProposer();
            uint256 gap = block.timestamp - lastFinal;
            if (gap > longest) longest = gap;
            VM.warp(block.timestamp + STEP);
        }
        booksHold();
    }

    function _rogues() private {
        if (cast.proposerLies && _free() && proposer == PROPOSER) _proposeGarbage(PROPOSER);
        if (_free() && cast.liars && block.timestamp >= d.vault.livenessAt()) {
            if (d.token.balanceOf(ROGUE) >= LIVENESS_BOND) _proposeGarbage(ROGUE);
        }
        IVault.Pending memory waiting = d.vault.pendingRoot();
        bool last = waiting.readyAt != 0 && block.timestamp + STEP >= waiting.readyAt;
        bool undisputed = d.vault.dispute().disputer == address(0) && block.timestamp < waiting.readyAt
            && waiting.disputes < d.vault.DISPUTES_MAX();
        if (cast.guardianPauses && block.timestamp >= _pausePossibleAt()) pause();
        if (cast.guardianCancels && last && !waiting.byAnyone && d.vault.hasRole(d.vault.GUARDIAN_ROLE(), GUARDIAN)) {
            VM.prank(GUARDIAN);
            d.vault.cancelRoot(waiting.root.payoutRoot);
            return;
        }
        if (!last || !undisputed || garbage[waiting.root.payoutRoot]) return;
        address by = cast.guardianDisputes && waiting.byAnyone ? GUARDIAN : (cast.disputers ? ROGUE : address(0));
        if (by == address(0) || d.token.balanceOf(by) < DISPUTE_BOND) return;
        VM.prank(by);
        d.vault.disputeRoot(waiting.root.payoutRoot, "nothing is wrong");
    }

    /// @dev Governance sees everything, says what is true, and needs its time.
    function _timelock(uint256 start) private {
        IVault.Dispute memory open = d.vault.dispute();
        if (open.disputer != address(0) && block.timestamp + RULING >= open.lapsesAt + GOVERNANCE) {
            bytes32 root = d.vault.pendingRoot().root.payoutRoot;
            VM.prank(timelock);
            d.vault.resolveDispute(root, open.disputer, garbage[root]);
        }
        if (cast.timelockReplaces && proposer == PROPOSER && block.timestamp >= start + GOVERNANCE) {
            VM.startPrank(timelock);
            d.vault.revokeRole(d.vault.PROPOSER_ROLE(), PROPOSER);
            d.vault.grantRole(d.vault.PROPOSER_ROLE(), NEWCOMER);
            VM.stopPrank();
            proposer = NEWCOMER;
            cast.proposerLies = false;
        }
    }

    function _honestGuardian() private {
        IVault.Pending memory waiting = d.vault.pendingRoot();
        if (!garbage[waiting.root.payoutRoot] || waiting.readyAt == 0 || waiting.byAnyone) return;
        VM.prank(GUARDIAN);
        d.vault.cancelRoot(waiting.root.payoutRoot);
    }

    /// @dev Anyone: ends what can be ended, disputes lies, proposes when the liveness delay is over, claims.
    function _keepers() private {
        IVault.Pending memory waiting = d.vault.pendingRoot();
        IVault.Dispute memory open = d.vault.dispute();
        bytes32 root = waiting.root.payoutRoot;
        if (open.disputer != address(0)) {
            if (block.timestamp >= open.lapsesAt) d.vault.lapseDispute();
        } else if (waiting.readyAt != 0 && garbage[root]) {
            if (block.timestamp < waiting.readyAt) {
                VM.prank(KEEPER);
                d.vault.disputeRoot(root, "a lie");
            }
        }
        waiting = d.vault.pendingRoot();
        bool quiet = d.vault.dispute().disputer == address(0) && !_paused();
        if (waiting.readyAt != 0 && quiet && block.timestamp >= waiting.readyAt) {
            d.vault.finalizeRoot(root);
            if (garbage[root]) ++garbageFinals;
            else _countAndClaim();
        }
        if (_free() && block.timestamp >= d.vault.livenessAt() && d.token.balanceOf(KEEPER) >= LIVENESS_BOND) {
            _proposeHonest(KEEPER);
        }
    }

    function _honestProposer() private {
        IVault.Root memory last = d.vault.finalRoot();
        if (_free() && block.timestamp >= d.vault.epochEnd(last.epoch + 1)) _proposeHonest(proposer);
    }

    function _countAndClaim() private {
        ++finals;
        lastFinal = block.timestamp;
        uint256 total = d.vault.finalRoot().total;
        uint256 before = d.token.balanceOf(ALICE);
        claimAs(ALICE, ALICE, total, new bytes32[](0));
        same(d.token.balanceOf(ALICE), before + 1 ether, "what is new is paid");
    }

    /// @dev Alice is owed one more than before.
    function _proposeHonest(address by) private {
        uint256 total = d.vault.finalRoot().total + 1 ether;
        _proposeAs(by, leafOf(ALICE, total), total);
    }

    function _proposeGarbage(address by) private {
        bytes32 root = keccak256(abi.encode("garbage", ++nonce));
        garbage[root] = true;
        _proposeAs(by, root, d.vault.finalRoot().total);
    }

    function _free() private view returns (bool) {
        return d.vault.pendingRoot().readyAt == 0 && !_paused() && block.timestamp >= d.vault.epochEnd(1);
    }

    function _paused() private view returns (bool) {
        return block.timestamp < d.vault.pausedUntil();
    }

    function _pausePossibleAt() private view returns (uint256) {
        uint64 until = d.vault.pausedUntil();
        return until == 0 ? 0 : until + COOLDOWN;
    }
}
