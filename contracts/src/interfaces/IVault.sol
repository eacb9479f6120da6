// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title The one vault: everything enters here, and leaves only through claims against a final root
/// @notice Amounts are base units of the one token.
interface IVault {
    /// @notice `payer` deposited for receipts of `operator`.
    event Deposited(address indexed payer, address indexed operator, uint256 amount);
    /// @notice `key` may sign Spends for `payer` from this block's time on.
    event SpenderKeyAdded(address indexed payer, address indexed key);
    /// @notice Spends signed with `key` and taken in from this block's time on are ignored.
    event SpenderKeyRevoked(address indexed payer, address indexed key);
    /// @notice Paid back in the next epoch's settlement, after its charges, as far as it is left.
    event RefundRequested(address indexed payer, address indexed operator, uint256 amount);

    /// @notice `staker` staked on `operator`.
    event Staked(address indexed staker, address indexed operator, uint256 amount);
    /// @notice Paid back in the next epoch's settlement, as far as it is left; earns nothing from here on.
    event UnstakeRequested(address indexed staker, address indexed operator, uint256 amount);
    /// @notice Taken from a stake, into the reserve.
    event Slashed(address indexed staker, address indexed operator, uint256 amount, string reason);

    /// @notice A campaign for a datanet's contributors, a deposit with a purpose.
    event IncentiveDeposited(bytes32 indexed campaign, bytes32 indexed datanet, address indexed funder, uint256 amount);
    /// @notice Payment for a training run, a deposit with a purpose.
    event TrainingPaid(bytes32 indexed run, address indexed payer, uint256 amount);
    /// @notice A bond (of a dispute, a challenge or a liveness proposal) was lost to the reserve.
    event BondForfeited(address indexed from, uint256 amount);

    /// @notice A root over every account's cumulative amount waits for its dispute window.
    event RootProposed(
        uint64 indexed epoch,
        bytes32 indexed payoutRoot,
        bytes32 previousRoot,
        bytes32 manifestHash,
        uint256 total,
        string bundleUri,
        address proposer
    );
    /// @notice The pending root was cancelled; the epoch is settled again as its next attempt.
    event RootCancelled(uint64 indexed epoch, bytes32 indexed payoutRoot, address by);
    /// @notice The last final root was revoked while paused.
    event RootRevoked(uint64 indexed epoch, bytes32 indexed payoutRoot);
    /// @notice Claims are paid against this root from here on.
    event RootFinalized(uint64 indexed epoch, bytes32 indexed payoutRoot, uint256 total);
    /// @notice Somebody put a bond against the pending root.
    event RootDisputed(uint64 indexed epoch, address indexed disputer, uint256 bond, bytes32 evidenceHash);
    /// @notice The timelock ruled.
    event DisputeResolved(uint64 indexed epoch, address indexed disputer, bool upheld);

    /// @notice `account` was paid up to `cumulative`.
    event Claimed(address indexed account, address indexed recipient, uint256 amount, uint256 cumulative);
    /// @notice Where the account's claims are paid.
    event RecipientSet(address indexed account, address indexed recipient);
    /// @notice Who may set the account's recipient after a delay.
    event RecoverySet(address indexed account, address indexed recovery);
    /// @notice A recovery began: claims and changes are frozen until it ends.
    event RecoveryStarted(address indexed account, address indexed recovery, address newRecipient, uint64 readyAt);
    /// @notice The recovery was called off by the account.
    event RecoveryCancelled(address indexed account);
    /// @notice The recovery ended; claims go to the new recipient.
    event RecoveryFinished(address indexed account, address indexed newRecipient);

    /// @notice The root is final after the dispute window.
    /// @param previousRoot the last final root, zero before the first
    /// @param total the sum of all leaves' cumulative amounts
    function proposeRoot(
        uint64 epoch,
        bytes32 previousRoot,
        bytes32 payoutRoot,
        bytes32 manifestHash,
        uint256 total,
        string calldata bundleUri
    ) external;

    /// @notice Pays `account` (or its recipient) what it has not claimed of `cumulative`.
    /// @param proof OpenZeppelin StandardMerkleTree proof of (chain id, vault, account, cumulative)
    function claim(address account, uint256 cumulative, bytes32[] calldata proof) external;
}
