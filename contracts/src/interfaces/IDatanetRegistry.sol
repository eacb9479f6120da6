// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ContributionId, DatanetId, DatanetVersionId} from "../types.sol";

/// @title Datanets and the contributions in them
/// @notice A datanet is a collection of data with an owner, a licence and validators.
/// A contribution is a batch of items: committed first, shown later, so that a pending one cannot be copied.
interface IDatanetRegistry {
    /// @notice Where a contribution stands.
    enum State {
        Unknown,
        Submitted,
        Accepted,
        Rejected,
        Withdrawn,
        Removed
    }

    /// @notice What a contribution holds, as it is shown.
    /// @param contentHash RFC 6962 tree hash over the items' SHA-256 hashes
    /// @param itemCount items in it
    /// @param uri where the bytes are
    /// @param licence the datanet's licence, accepted by giving it word for word
    /// @param beneficiaries who shares its earnings; none: all to the contributor
    /// @param shares their basis points, 10,000 in all
    struct Content {
        bytes32 contentHash;
        uint32 itemCount;
        string uri;
        string licence;
        address[] beneficiaries;
        uint16[] shares;
    }

    /// @notice A datanet was created.
    /// @param quorum accepting (or rejecting) votes that decide a contribution
    event DatanetCreated(
        DatanetId indexed datanet, address indexed owner, string name, string licence, string metadataUri, uint16 quorum
    );
    /// @notice Most items that one contribution may hold.
    event ItemsMaxSet(DatanetId indexed datanet, uint32 itemsMax);
    /// @notice The licence under which later contributions are given.
    event LicenceSet(DatanetId indexed datanet, string licence);
    /// @notice The datanet changed hands; the owner's share goes to the new one.
    event DatanetTransferred(DatanetId indexed datanet, address indexed from, address indexed to);
    /// @notice `validator` may vote (or no longer) on the datanet's contributions.
    event ValidatorSet(DatanetId indexed datanet, address indexed validator, bool active);

    /// @notice Somebody holds a contribution; nobody can see which. The earliest commitment owns a copied item.
    /// @param commitment keccak256(abi.encode(contentHash, contributor, salt))
    event ContributionCommitted(bytes32 indexed commitment, DatanetId indexed datanet, address indexed contributor);
    /// @notice The contribution behind a commitment was shown.
    /// @param contribution keccak256(abi.encode(datanet, commitment))
    /// @param contentHash RFC 6962 tree hash over the items' SHA-256 hashes
    /// @param shares basis points of `beneficiaries`, 10,000 in all; both empty: all to the contributor
    event ContributionSubmitted(
        ContributionId indexed contribution,
        DatanetId indexed datanet,
        address indexed contributor,
        bytes32 commitment,
        bytes32 contentHash,
        uint32 itemCount,
        string uri,
        string licence,
        address[] beneficiaries,
        uint16[] shares
    );
    /// @notice One validator's vote.
    /// @param score 0 to 10,000
    event ContributionValidated(
        ContributionId indexed contribution, address indexed validator, bool accepted, uint16 score, uint32 itemCount
    );
    /// @notice The quorum decided; `itemCount` items count from here on. Both figures are the lower median of the
    /// deciding votes, so that no minority of validators chooses them.
    event ContributionDecided(ContributionId indexed contribution, bool accepted, uint16 score, uint32 itemCount);
    /// @notice Taken back by its contributor before it was accepted.
    event ContributionWithdrawn(ContributionId indexed contribution);
    /// @notice Somebody put a bond against an accepted contribution.
    event ContributionChallenged(
        ContributionId indexed contribution, address indexed challenger, uint256 bond, bytes32 evidenceHash
    );
    /// @notice Upheld: the contribution enters no later datanet version.
    event ContributionChallengeResolved(ContributionId indexed contribution, bool upheld);
    /// @notice What a challenge costs from here on.
    event ChallengeBondSet(uint256 bond);

    /// @notice An immutable version: the datanet's contributions accepted up to here, in order of their acceptance.
    /// @param contributionsRoot RFC 6962 tree hash over their ids in that order
    event DatanetVersionPublished(
        DatanetVersionId indexed version,
        DatanetId indexed datanet,
        uint32 number,
        bytes32 contributionsRoot,
        uint32 contributions
    );

    /// @notice Not the owner of the datanet (or nobody's).
    error NotOwner(DatanetId datanet, address caller);
    /// @notice The creator used the salt before.
    error IdTaken(bytes32 id);
    /// @notice A name and a licence must be given.
    error NameEmpty();
    /// @notice The quorum needs as many validators, at least 1 and at most `QUORUM_MAX`.
    error QuorumInvalid(uint256 quorum, uint256 validators);
    /// @notice The address is already (or is not) a validator.
    error ValidatorUnchanged(address validator, bool active);
    /// @notice The datanet is not known.
    error DatanetUnknown(DatanetId datanet);
    /// @notice The contributor made this commitment before.
    error CommitmentKnown(bytes32 commitment);
    /// @notice The contributor made no such commitment.
    error CommitmentUnknown(bytes32 commitment);
    /// @notice Shown too soon after its commitment.
    error RevealTooEarly(uint256 blockNumber, uint256 earliest);
    /// @notice None, or more than the datanet takes, or than were submitted.
    error ItemCountInvalid(uint32 itemCount, uint32 itemsMax);
    /// @notice Another licence than the datanet's present one.
    error LicenceNotAccepted(string given, string licence);
    /// @notice Lists of different lengths, too long, or not adding up to 10,000.
    error BeneficiariesInvalid(uint256 beneficiaries, uint256 sharesSum);
    /// @notice The contribution's state forbids it.
    error StateInvalid(ContributionId contribution, State state);
    /// @notice Not a validator of the contribution's datanet, or its contributor.
    error NotValidator(DatanetId datanet, address caller);
    /// @notice The validator has voted.
    error VotedAlready(ContributionId contribution, address validator);
    /// @notice A score is at most 10,000.
    error ScoreInvalid(uint16 score);
    /// @notice Not the contributor.
    error NotContributor(ContributionId contribution, address caller);
    /// @notice The contribution is under a challenge already.
    error ChallengeOpen(ContributionId contribution);
    /// @notice The contribution is under no challenge.
    error ChallengeMissing(ContributionId contribution);
    /// @notice The timelock may still rule.
    error RulingOpen(uint64 lapsesAt);
    /// @notice Nothing to publish, or the tree is still being made again after a removal.
    error VersionNotReady(DatanetId datanet, uint256 done, uint256 accepted);

    /// @notice Creates a datanet of the caller.
    function createDatanet(
        bytes32 salt,
        string calldata name,
        string calldata licence,
        string calldata metadataUri,
        uint32 itemsMax,
        uint16 quorum,
        address[] calldata validators
    ) external returns (DatanetId datanet);

    /// @notice Gives a datanet to somebody else, with its future earnings.
    function transferDatanet(DatanetId datanet, address to) external;

    /// @notice Sets the licence of later contributions. Owner only.
    function setLicence(DatanetId datanet, string calldata licence) external;

    /// @notice Sets the most items of later contributions. Owner only.
    function setItemsMax(DatanetId datanet, uint32 itemsMax) external;

    /// @notice Lets somebody vote, or ends it. Timelock only: an owner who could change the jury would be the jury.
    function setValidator(DatanetId datanet, address validator, bool active) external;

    /// @notice Says that the caller holds a contribution. Costs nothing but gas, and shows nothing.
    function commit(DatanetId datanet, bytes32 commitment) external;

    /// @notice Shows the contribution behind a commitment of the caller, at least `REVEAL_BLOCKS` later.
    function submit(DatanetId datanet, bytes32 salt, Content calldata content)
        external
        returns (ContributionId contribution);

    /// @notice Votes on a contribution, once.
    /// @param itemCount items that the validator found good; of a rejection, as submitted or fewer
    function validate(ContributionId contribution, bool accepted, uint16 score, uint32 itemCount) external;

    /// @notice Takes a contribution back before it was decided.
    function withdraw(ContributionId contribution) external;

    /// @notice Puts the bond against an accepted contribution; the caller must have approved it.
    function challenge(ContributionId contribution, bytes32 evidenceHash) external;

    /// @notice Rules on a challenge: upheld removes the contribution and returns the bond, else the bond goes to the
    /// reserve. Timelock only.
    /// @param challenger whose challenge is ruled on, so that a late ruling never meets another one
    function resolveChallenge(ContributionId contribution, address challenger, bool upheld) external;

    /// @notice Ends a challenge on which the timelock never ruled: the bond is returned. Anyone.
    function lapseChallenge(ContributionId contribution) external;

    /// @notice Sets what a challenge costs. Timelock only.
    function setChallengeBond(uint256 bond) external;

    /// @notice After a removal: takes up to `count` accepted contributions into the tree again. Anyone.
    function rebuild(DatanetId datanet, uint256 count) external;

    /// @notice Publishes the accepted contributions as an immutable version. Owner only.
    function publishVersion(DatanetId datanet) external returns (DatanetVersionId version);

    /// @notice Whether the version was published here.
    function isVersion(DatanetVersionId version) external view returns (bool);

    /// @notice Where a contribution stands.
    function stateOf(ContributionId contribution) external view returns (State);

    /// @notice Whether the address may vote on the datanet's contributions.
    function isValidator(DatanetId datanet, address validator) external view returns (bool);
}
