// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {EpochCalendar} from "../EpochCalendar.sol";
import {IVault} from "../interfaces/IVault.sol";
import {VaultBase} from "./VaultBase.sol";

/// @title Roots: proposed, disputed, cancelled, final, revoked
/// @notice At most one root waits. Who can stop one: the guardian and the timelock by cancelling, anyone with a bond by
/// disputing. Who can make one pass: nobody before its window has ended.
abstract contract Roots is VaultBase, EpochCalendar {
    using Math for uint256;
    using SafeCast for uint256;

    /// @notice The last final root; its total is in `_standing`, with `lost`.
    struct Final {
        bytes32 payoutRoot;
        bytes32 manifestHash;
        uint64 epoch;
        uint64 finalAt;
    }

    /// @notice What a revocation brings back, once for each final root.
    struct Before {
        Root root;
        uint256 claimed;
        bool revocable;
    }

    /// @notice Most disputes of one root: who pays for more bonds does not stop the exit for ever.
    uint8 public constant DISPUTES_MAX = 3;

    /// @notice What was claimed under revoked roots that nobody was owed, as governance found it.
    uint256 public lost;

    /// @dev Nothing can have been final before this.
    uint256 private immutable _deployedAt = block.timestamp;

    Final internal _final;
    Before private _before;
    Pending private _pending;
    Dispute private _dispute;

    /// @inheritdoc IVault
    function proposeRoot(
        uint64 epoch,
        bytes32 previousRoot,
        bytes32 payoutRoot,
        bytes32 manifestHash,
        uint256 total,
        string calldata bundleUri
    ) external nonReentrant whenNotPaused {
        _checkProposal(epoch, previousRoot, total);
        require(payoutRoot != 0 && manifestHash != 0 && bytes(bundleUri).length != 0, RootIncomplete());
        _checkText(bundleUri);
        bool byAnyone = !hasRole(PROPOSER_ROLE, msg.sender);
        require(!byAnyone || block.timestamp >= livenessAt(), NotLive(livenessAt()));
        uint256 bond = byAnyone ? _parameters.livenessBond : 0;
        uint64 readyAt = uint64(block.timestamp) + _delays.disputeWindow;
        _pending = Pending(Root(payoutRoot, manifestHash, total, epoch), readyAt, msg.sender, byAnyone, 0, bond);
        emit RootProposed(epoch, payoutRoot, previousRoot, manifestHash, total, bundleUri, msg.sender);
        _takeBond(bond);
    }

    /// @inheritdoc IVault
    function finalizeRoot(bytes32 payoutRoot) external nonReentrant whenNotPaused {
        Pending memory waiting = _requirePending(payoutRoot);
        require(_dispute.disputer == address(0), DisputeOpen(_dispute.disputer));
        require(block.timestamp >= waiting.readyAt, WindowOpen(waiting.readyAt));
        _before = Before(finalRoot(), _standing.claimed, true);
        _makeFinal(waiting.root);
        delete _pending;
        emit RootFinalized(waiting.root.epoch, payoutRoot, waiting.root.total);
        _returnBond(waiting.proposer, waiting.bond);
    }

    /// @inheritdoc IVault
    function cancelRoot(bytes32 payoutRoot) external nonReentrant {
        Pending memory waiting = _requirePending(payoutRoot);
        if (!hasRole(DEFAULT_ADMIN_ROLE, msg.sender)) {
            _checkRole(GUARDIAN_ROLE);
            require(!waiting.byAnyone, TimelockOnly(msg.sender));
        }
        _drop(waiting, true);
    }

    /// @inheritdoc IVault
    function disputeRoot(bytes32 payoutRoot, bytes32 evidenceHash) external nonReentrant {
        Pending memory waiting = _requirePending(payoutRoot);
        require(_dispute.disputer == address(0), DisputeOpen(_dispute.disputer));
        require(block.timestamp < waiting.readyAt, WindowClosed(waiting.readyAt));
        require(waiting.disputes < DISPUTES_MAX, DisputesExhausted(waiting.disputes));
        _pending.disputes = waiting.disputes + 1;
        uint256 bond = _parameters.disputeBond;
        _dispute = Dispute(msg.sender, uint64(block.timestamp) + _delays.ruling, bond);
        emit RootDisputed(waiting.root.epoch, msg.sender, bond, evidenceHash);
        _takeBond(bond);
    }

    /// @inheritdoc IVault
    function resolveDispute(bytes32 payoutRoot, address disputer, bool upheld)
        external
        nonReentrant
        onlyRole(DEFAULT_ADMIN_ROLE)
    {
        Pending memory waiting = _requirePending(payoutRoot);
        Dispute memory open = _requireDispute();
        require(open.disputer == disputer, DisputeOpen(open.disputer));
        emit DisputeResolved(waiting.root.epoch, disputer, upheld);
        if (upheld) {
            _drop(waiting, true);
        } else {
            delete _dispute;
            _pending.readyAt = uint64(Math.max(waiting.readyAt, block.timestamp + _delays.disputeWindow));
            _forfeitHeldBond(open.disputer, open.bond);
        }
    }

    /// @inheritdoc IVault
    function lapseDispute() external nonReentrant {
        Dispute memory open = _requireDispute();
        require(block.timestamp >= open.lapsesAt, RulingOpen(open.lapsesAt));
        Pending memory waiting = _pending;
        emit DisputeResolved(waiting.root.epoch, open.disputer, false);
        if (waiting.byAnyone) {
            _drop(waiting, false);
        } else {
            delete _dispute;
            _returnBond(open.disputer, open.bond);
        }
    }

    /// @inheritdoc IVault
    function revokeRoot(bytes32 payoutRoot, uint256 lost_) external nonReentrant onlyRole(DEFAULT_ADMIN_ROLE) {
        require(block.timestamp < _standing.pausedUntil, NotPaused());
        require(_before.revocable, NothingToRevoke());
        Final memory last = _final;
        require(last.payoutRoot == payoutRoot, RootMismatch(payoutRoot, last.payoutRoot));
        uint256 claimedUnderIt = _standing.claimed - _before.claimed;
        require(lost_ <= claimedUnderIt, LossInvalid(lost_, claimedUnderIt));
        _before.revocable = false;
        lost += lost_;
        _makeFinal(_before.root);
        emit RootRevoked(last.epoch, payoutRoot, lost_);
        if (_pending.readyAt != 0) _drop(_pending, false);
    }

    /// @notice The last final root, empty before the first.
    function finalRoot() public view returns (Root memory) {
        return Root(_final.payoutRoot, _final.manifestHash, _standing.most - lost, _final.epoch);
    }

    /// @notice The root that waits, empty if none does.
    function pendingRoot() external view returns (Pending memory) {
        return _pending;
    }

    /// @notice The dispute of the pending root, empty if there is none.
    function dispute() external view returns (Dispute memory) {
        return _dispute;
    }

    /// @notice From when on anyone may propose with a bond.
    function livenessAt() public view returns (uint64) {
        uint256 since = _final.finalAt == 0 ? Math.max(epochEnd(1), _deployedAt) : _final.finalAt;
        return (since + _delays.liveness).toUint64();
    }

    function _checkProposal(uint64 epoch, bytes32 previousRoot, uint256 total) private view {
        require(_pending.readyAt == 0, RootPending(_pending.root.payoutRoot));
        Final memory last = _final;
        require(previousRoot == last.payoutRoot, PreviousRootWrong(previousRoot, last.payoutRoot));
        require(epoch > last.epoch && block.timestamp >= epochEnd(epoch), EpochInvalid(epoch, last.epoch));
        uint256 least = _standing.most - lost;
        uint256 growth = _parameters.growthCap.saturatingMul(epoch - last.epoch);
        uint256 most = Math.min(least.saturatingAdd(growth), received.saturatingSub(lost));
        require(total >= least && total <= most, TotalInvalid(total, least, most));
    }

    function _requirePending(bytes32 payoutRoot) private view returns (Pending memory waiting) {
        waiting = _pending;
        require(waiting.readyAt != 0, NoRootPending());
        require(waiting.root.payoutRoot == payoutRoot, RootMismatch(payoutRoot, waiting.root.payoutRoot));
    }

    function _requireDispute() private view returns (Dispute memory open) {
        open = _dispute;
        require(open.disputer != address(0), NoDispute());
    }

    function _makeFinal(Root memory root) private {
        _final = Final(root.payoutRoot, root.manifestHash, root.epoch, uint64(block.timestamp));
        _standing.most = (root.total + lost).toUint104();
    }

    /// @dev Frees the slot; the disputer's bond goes back, the proposer's is lost if the root was judged.
    function _drop(Pending memory waiting, bool judged) private {
        Dispute memory open = _dispute;
        delete _pending;
        delete _dispute;
        emit RootCancelled(waiting.root.epoch, waiting.root.payoutRoot, msg.sender);
        _returnBond(open.disputer, open.bond);
        if (judged) _forfeitHeldBond(waiting.proposer, waiting.bond);
        else _returnBond(waiting.proposer, waiting.bond);
    }
}
