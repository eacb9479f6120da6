// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IVault} from "../interfaces/IVault.sol";
import {Roots} from "./Roots.sol";

/// @title The one exit
/// @notice A claim pays the leaf's cumulative amount less what the account claimed before. Recipients live here only:
/// the ledger never moves credit between accounts.
abstract contract Claims is Roots {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    /// @notice What a claim must know of an account, in one slot.
    /// @param claimed paid so far
    /// @param push whether anyone may bring the claim
    /// @param redirected whether claims are paid to another address
    /// @param recoveryAt when a recovery that is under way may end; 0: none is
    struct Account {
        uint104 claimed;
        bool push;
        bool redirected;
        uint64 recoveryAt;
    }

    mapping(address account => Account) private _accounts;
    mapping(address account => address) private _recipients;
    mapping(address account => address) private _newRecipients;

    /// @notice Who may change an account's recipient after a delay.
    mapping(address account => address) public recoveryOf;

    /// @dev A recovery that is under way freezes the account.
    modifier notRecovering(address account) {
        _requireNotRecovering(account);
        _;
    }

    /// @inheritdoc IVault
    function claim(address account, uint256 cumulative, bytes32[] calldata proof)
        external
        nonReentrant
        whenNotPaused
        returns (uint256 paid)
    {
        return _claim(account, cumulative, proof);
    }

    /// @inheritdoc IVault
    function claimBatch(ClaimItem[] calldata items) external nonReentrant whenNotPaused returns (uint256 paid) {
        for (uint256 i = 0; i < items.length; ++i) {
            paid += _claim(items[i].account, items[i].cumulative, items[i].proof);
        }
    }

    /// @inheritdoc IVault
    function setRecipient(address recipient) external notRecovering(msg.sender) {
        _setRecipient(msg.sender, recipient);
    }

    /// @inheritdoc IVault
    function setPush(bool allowed) external {
        _accounts[msg.sender].push = allowed;
        emit PushSet(msg.sender, allowed);
    }

    /// @inheritdoc IVault
    function setRecovery(address recovery) external notRecovering(msg.sender) {
        recoveryOf[msg.sender] = recovery;
        emit RecoverySet(msg.sender, recovery);
    }

    /// @inheritdoc IVault
    function startRecovery(address account, address newRecipient) external notRecovering(account) {
        require(msg.sender == recoveryOf[account], NotRecovery(account, msg.sender));
        require(newRecipient != address(0) && newRecipient != address(this), RecipientInvalid(newRecipient));
        uint64 readyAt = uint64(block.timestamp) + _delays.recovery;
        _accounts[account].recoveryAt = readyAt;
        _newRecipients[account] = newRecipient;
        emit RecoveryStarted(account, msg.sender, newRecipient, readyAt);
    }

    /// @inheritdoc IVault
    function cancelRecovery() external {
        require(_accounts[msg.sender].recoveryAt != 0, NoRecovery(msg.sender));
        _accounts[msg.sender].recoveryAt = 0;
        delete _newRecipients[msg.sender];
        delete recoveryOf[msg.sender];
        emit RecoveryCancelled(msg.sender);
        emit RecoverySet(msg.sender, address(0));
    }

    /// @inheritdoc IVault
    function finishRecovery(address account) external {
        uint64 readyAt = _accounts[account].recoveryAt;
        require(readyAt != 0, NoRecovery(account));
        require(block.timestamp >= readyAt, RecoveryNotReady(readyAt));
        address newRecipient = _newRecipients[account];
        _accounts[account].recoveryAt = 0;
        delete _newRecipients[account];
        emit RecoveryFinished(account, newRecipient);
        _setRecipient(account, newRecipient);
    }

    /// @notice What the account has been paid.
    function claimed(address account) external view returns (uint256) {
        return _accounts[account].claimed;
    }

    /// @notice Whether anyone may bring the account's claims.
    function allowsPush(address account) external view returns (bool) {
        return _accounts[account].push;
    }

    /// @notice Where the account's claims are paid.
    function recipientOf(address account) public view returns (address) {
        return _accounts[account].redirected ? _recipients[account] : account;
    }

    function _claim(address account, uint256 cumulative, bytes32[] calldata proof) private returns (uint256 paid) {
        Account storage own = _accounts[account];
        Account memory known = own;
        require(known.recoveryAt == 0, RecoveryPending(account, known.recoveryAt));
        address recipient = known.redirected ? _recipients[account] : account;
        require(known.push || msg.sender == account || msg.sender == recipient, ClaimNotAllowed(account, msg.sender));
        bytes32 root = _final.payoutRoot;
        require(root != 0, NoFinalRoot());
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(block.chainid, address(this), account, cumulative))));
        require(MerkleProof.verifyCalldata(proof, root, leaf), ProofInvalid(account, cumulative));
        if (cumulative <= known.claimed) return 0;
        paid = cumulative - known.claimed;
        uint256 sum = _standing.claimed + paid;
        require(sum <= _standing.most, TotalExceeded(sum, _standing.most));
        own.claimed = cumulative.toUint104();
        _standing.claimed = uint104(sum);
        emit Claimed(account, recipient, paid, cumulative);
        token.safeTransfer(recipient, paid);
    }

    function _setRecipient(address account, address recipient) private {
        require(recipient != address(this), RecipientInvalid(recipient));
        bool redirected = recipient != address(0) && recipient != account;
        _accounts[account].redirected = redirected;
        _recipients[account] = redirected ? recipient : address(0);
        emit RecipientSet(account, redirected ? recipient : account);
    }

    function _requireNotRecovering(address account) private view {
        uint64 readyAt = _accounts[account].recoveryAt;
        require(readyAt == 0, RecoveryPending(account, readyAt));
    }
}
