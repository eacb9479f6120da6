// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {CampaignId, DatanetId, RunId} from "../types.sol";

/// @title The one vault: everything enters here, and leaves only through claims against a final root
/// @notice Amounts are base units of the one token.
interface IVault {
    /// @notice Seconds of everything that waits. How they must fit each other stands in docs/security.md.
    /// @param disputeWindow between a root's proposal and the first moment at which it may become final
    /// @param ruling that the timelock has for a dispute before the dispute lapses
    /// @param pause that one pause lasts
    /// @param cooldown between the end of a pause and the next
    /// @param liveness without a final root after which anyone may propose with a bond
    /// @param recovery between the start and the end of a recovery
    /// @param unbonding between the start of an unstake and its request, during which the stake can be slashed
    struct Delays {
        uint64 disputeWindow;
        uint64 ruling;
        uint64 pause;
        uint64 cooldown;
        uint64 liveness;
        uint64 recovery;
        uint64 unbonding;
    }

    /// @notice What governance may change.
    /// @param growthCap most base units by which a root's total may exceed the one before, for each epoch between them
    /// @param disputeBond what a dispute costs
    /// @param livenessBond what a proposal by anyone costs
    struct Parameters {
        uint256 growthCap;
        uint256 disputeBond;
        uint256 livenessBond;
    }

    /// @notice A root against which claims are paid.
    struct Root {
        bytes32 payoutRoot;
        bytes32 manifestHash;
        uint256 total;
        uint64 epoch;
    }

    /// @notice A root that waits.
    /// @param readyAt when its dispute window ends
    /// @param proposer who proposed it
    /// @param byAnyone whether it was proposed by the liveness path
    /// @param disputes how often it was disputed
    /// @param bond what its proposer then put up
    struct Pending {
        Root root;
        uint64 readyAt;
        address proposer;
        bool byAnyone;
        uint8 disputes;
        uint256 bond;
    }

    /// @notice A dispute of the pending root.
    struct Dispute {
        address disputer;
        uint64 lapsesAt;
        uint256 bond;
    }

    /// @notice One claim of a batch.
    struct ClaimItem {
        address account;
        uint256 cumulative;
        bytes32[] proof;
    }

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
    /// @notice A part of a stake may be requested back from `readyAt` on. Until it is requested it can be slashed; it earns
    /// nothing from here on, else leaving all the time would be free.
    event UnstakeStarted(address indexed staker, address indexed operator, uint256 amount, uint64 readyAt);
    /// @notice Paid back in the next epoch's settlement, as far as it is left.
    event UnstakeRequested(address indexed staker, address indexed operator, uint256 amount);
    /// @notice Taken from a stake, into the reserve.
    event Slashed(address indexed staker, address indexed operator, uint256 amount, string reason);

    /// @notice A campaign for a datanet's contributors, a deposit with a purpose.
    event IncentiveDeposited(
        CampaignId indexed campaign, DatanetId indexed datanet, address indexed funder, uint256 amount
    );
    /// @notice Payment for a training run, a deposit with a purpose.
    event TrainingPaid(RunId indexed run, address indexed payer, uint256 amount);
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
    event RootRevoked(uint64 indexed epoch, bytes32 indexed payoutRoot, uint256 lost);
    /// @notice Claims are paid against this root from here on.
    event RootFinalized(uint64 indexed epoch, bytes32 indexed payoutRoot, uint256 total);
    /// @notice Somebody put a bond against the pending root.
    event RootDisputed(uint64 indexed epoch, address indexed disputer, uint256 bond, bytes32 evidenceHash);
    /// @notice The timelock ruled, or its time ran out (then not upheld, and the bond is returned).
    event DisputeResolved(uint64 indexed epoch, address indexed disputer, bool upheld);
    /// @notice Claims, proposals and finalisations rest until then.
    event PausedUntil(address by, uint64 until);
    /// @notice Governance changed the parameters.
    event ParametersSet(uint256 growthCap, uint256 disputeBond, uint256 livenessBond);

    /// @notice `account` was paid up to `cumulative`.
    event Claimed(address indexed account, address indexed recipient, uint256 amount, uint256 cumulative);
    /// @notice Where the account's claims are paid.
    event RecipientSet(address indexed account, address indexed recipient);
    /// @notice Whether anyone may bring the account's claims.
    event PushSet(address indexed account, bool allowed);
    /// @notice Who may set the account's recipient after a delay.
    event RecoverySet(address indexed account, address indexed recovery);
    /// @notice A recovery began: claims and changes are frozen until it ends.
    event RecoveryStarted(address indexed account, address indexed recovery, address newRecipient, uint64 readyAt);
    /// @notice The recovery was called off by the account.
    event RecoveryCancelled(address indexed account);
    /// @notice The recovery ended; claims go to the new recipient.
    event RecoveryFinished(address indexed account, address indexed newRecipient);

    /// @notice An address that must be one is zero.
    error ZeroAddress();
    /// @notice Nothing, or more than there is.
    error AmountInvalid(uint256 amount, uint256 available);
    /// @notice The token moved another amount than it was told to.
    error TokenInexact(uint256 expected, uint256 received);
    /// @notice The delays do not fit each other.
    error DelaysInvalid(Delays delays);
    /// @notice One account in two roles that must be apart.
    error RolesNotApart(address account);
    /// @notice The key is already (or is not) a spender key of the payer.
    error SpenderKeyUnchanged(address key, bool active);
    /// @notice The stake is not ready to be requested.
    error UnstakeNotReady(uint64 readyAt);
    /// @notice Claims, proposals and finalisations rest.
    error PausedNow(uint64 until);
    /// @notice Revocation is for a pause.
    error NotPaused();
    /// @notice A pause cannot be renewed at once.
    error PauseTooSoon(uint64 earliest);
    /// @notice Only the proposer may propose yet.
    error NotLive(uint64 liveAt);
    /// @notice Another root waits.
    error RootPending(bytes32 payoutRoot);
    /// @notice No root waits.
    error NoRootPending();
    /// @notice The root was made on another one than the last final.
    error PreviousRootWrong(bytes32 given, bytes32 last);
    /// @notice The epoch is not after the last final root's, or has not ended.
    error EpochInvalid(uint64 epoch, uint64 last);
    /// @notice A root, manifest or bundle must be named.
    error RootIncomplete();
    /// @notice The total falls, grows beyond the cap, or exceeds what came in.
    error TotalInvalid(uint256 total, uint256 least, uint256 most);
    /// @notice The dispute window has not ended.
    error WindowOpen(uint64 readyAt);
    /// @notice The dispute window has ended.
    error WindowClosed(uint64 readyAt);
    /// @notice The pending root is another one than meant.
    error RootMismatch(bytes32 meant, bytes32 pending);
    /// @notice A dispute waits for the ruling.
    error DisputeOpen(address disputer);
    /// @notice The root was disputed as often as it can be; the guardian and the timelock may still cancel it.
    error DisputesExhausted(uint8 disputes);
    /// @notice No dispute waits.
    error NoDispute();
    /// @notice The timelock may still rule.
    error RulingOpen(uint64 lapsesAt);
    /// @notice Only the timelock may cancel a root that anyone proposed.
    error TimelockOnly(address caller);
    /// @notice There is no final root to revoke, or the one before was revoked too.
    error NothingToRevoke();
    /// @notice No root is final.
    error NoFinalRoot();
    /// @notice The proof does not lead from the leaf to the final root.
    error ProofInvalid(address account, uint256 cumulative);
    /// @notice All claims together would exceed the root's total (and what was lost).
    error TotalExceeded(uint256 claimed, uint256 most);
    /// @notice More than was claimed under the revoked root.
    error LossInvalid(uint256 lost, uint256 most);
    /// @notice Neither the account nor its recipient, and the account did not allow others.
    error ClaimNotAllowed(address account, address caller);
    /// @notice What is paid there would never come out again.
    error RecipientInvalid(address recipient);
    /// @notice A recovery freezes the account.
    error RecoveryPending(address account, uint64 readyAt);
    /// @notice No recovery is under way.
    error NoRecovery(address account);
    /// @notice Not the account's recovery address.
    error NotRecovery(address account, address caller);
    /// @notice The recovery's delay has not ended.
    error RecoveryNotReady(uint64 readyAt);

    // Money in

    /// @notice Deposits for receipts of an operator.
    function deposit(address operator, uint256 amount) external;

    /// @notice Stakes on an operator.
    function stake(address operator, uint256 amount) external;

    /// @notice Funds a campaign of the caller for a datanet's contributors.
    function depositIncentive(bytes32 salt, DatanetId datanet, uint256 amount) external returns (CampaignId campaign);

    /// @notice Pays for a training run.
    function payTraining(RunId run, uint256 amount) external;

    /// @notice Takes a bond that its holder lost into the reserve. Bond holders only (the datanet registry).
    function forfeitBond(address from, uint256 amount) external;

    // Requests: settlement answers them

    /// @notice Asks for a part of a deposit back.
    function requestRefund(address operator, uint256 amount) external;

    /// @notice Begins to take a part of a stake out; what was begun before waits anew.
    function startUnstake(address operator, uint256 amount) external;

    /// @notice Asks for what was begun to be taken out, after its delay.
    function requestUnstake(address operator) external;

    /// @notice Takes up to `amount` of a stake into the reserve, from what is being taken out last. Timelock only.
    function slash(address staker, address operator, uint256 amount, string calldata reason) external;

    /// @notice Lets `key` sign Spends of the caller.
    function addSpenderKey(address key) external;

    /// @notice Ends what `key` signs for the caller.
    function revokeSpenderKey(address key) external;

    // Roots

    /// @notice The root is final after the dispute window. The proposer, or after the liveness delay anyone with a bond.
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

    /// @notice Makes the pending root final, after its window and without a dispute. Anyone.
    /// @param payoutRoot the root that is meant, so that a late call never finalises another one
    function finalizeRoot(bytes32 payoutRoot) external;

    /// @notice Cancels the pending root. The guardian or the timelock; one that anyone proposed: the timelock only.
    function cancelRoot(bytes32 payoutRoot) external;

    /// @notice Puts a bond against the pending root, within its window. Anyone.
    function disputeRoot(bytes32 payoutRoot, bytes32 evidenceHash) external;

    /// @notice Rules on the dispute: upheld cancels the root and returns the bond; else the bond is lost, and a new window
    /// opens for others, whom a sham dispute kept out. Timelock only.
    /// @param payoutRoot the root, and
    /// @param disputer the dispute that is ruled on, so that a late ruling never meets another one
    function resolveDispute(bytes32 payoutRoot, address disputer, bool upheld) external;

    /// @notice Ends a dispute on which the timelock never ruled: the bond is returned, and a root of the proposer's can
    /// become final; one that anyone proposed is cancelled. Anyone.
    function lapseDispute() external;

    /// @notice Revokes the last final root while paused; the one before it is final again. Timelock only.
    /// @param lost what was claimed under it that nobody was owed, at most what was claimed under it: all claims together
    /// may exceed later totals by so much, so that the loss falls on what is unspent and not on who claims last
    function revokeRoot(bytes32 payoutRoot, uint256 lost) external;

    /// @notice Stops claims, proposals and finalisations for the pause's length. Guardian only.
    function pause() external;

    /// @notice Changes the parameters. Timelock only.
    function setParameters(Parameters calldata parameters) external;

    // Money out

    /// @notice Pays the account's recipient what it has not claimed of `cumulative`; nothing if nothing is left.
    /// @param proof OpenZeppelin StandardMerkleTree proof of (chain id, vault, account, cumulative)
    function claim(address account, uint256 cumulative, bytes32[] calldata proof) external returns (uint256 paid);

    /// @notice Claims for many accounts that allow it.
    function claimBatch(ClaimItem[] calldata items) external returns (uint256 paid);

    /// @notice Sets where the caller's claims are paid; zero or itself: to the caller.
    function setRecipient(address recipient) external;

    /// @notice Lets anyone bring the caller's claims, or ends it. The money goes to the recipient all the same.
    function setPush(bool allowed) external;

    /// @notice Sets who may change the caller's recipient after a delay; zero: nobody.
    function setRecovery(address recovery) external;

    /// @notice Begins to change the recipient of an account whose key is lost. Its recovery address only.
    function startRecovery(address account, address newRecipient) external;

    /// @notice Calls the recovery off, and takes the right to start one away. The account only.
    function cancelRecovery() external;

    /// @notice Ends the recovery after its delay. Anyone.
    function finishRecovery(address account) external;

    // Views

    /// @notice The one token.
    function token() external view returns (IERC20);
}
