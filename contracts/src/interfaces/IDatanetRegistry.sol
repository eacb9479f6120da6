// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Datanets and the contributions in them
/// @notice A datanet is a collection of data with an owner, a licence and validators.
/// A contribution is a batch of items: committed first, shown later, so that a pending one cannot be copied.
interface IDatanetRegistry {
    /// @notice A datanet was created.
    /// @param quorum accepting (or rejecting) votes that decide a contribution
    event DatanetCreated(
        bytes32 indexed datanet, address indexed owner, string name, string licence, string metadataUri, uint16 quorum
    );
    /// @notice The licence under which later contributions are given.
    event LicenceSet(bytes32 indexed datanet, string licence);
    /// @notice The datanet changed hands; the owner's share goes to the new one.
    event DatanetTransferred(bytes32 indexed datanet, address indexed from, address indexed to);
    /// @notice `validator` may vote (or no longer) on the datanet's contributions.
    event ValidatorSet(bytes32 indexed datanet, address indexed validator, bool active);

    /// @notice Somebody holds a contribution; nobody can see which. The earliest commitment owns a copied item.
    /// @param commitment keccak256(abi.encode(contentHash, contributor, salt))
    event ContributionCommitted(bytes32 indexed commitment, bytes32 indexed datanet, address indexed contributor);
    /// @notice The contribution behind a commitment was shown.
    /// @param contribution keccak256(abi.encode(datanet, commitment))
    /// @param contentHash RFC 6962 tree hash over the items' SHA-256 hashes
    /// @param shares basis points of `beneficiaries`, 10,000 in all; both empty: all to the contributor
    event ContributionSubmitted(
        bytes32 indexed contribution,
        bytes32 indexed datanet,
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
        bytes32 indexed contribution, address indexed validator, bool accepted, uint16 score, uint32 itemCount
    );
    /// @notice The quorum decided; `itemCount` items count from here on.
    event ContributionDecided(bytes32 indexed contribution, bool accepted, uint16 score, uint32 itemCount);
    /// @notice Taken back by its contributor before it was accepted.
    event ContributionWithdrawn(bytes32 indexed contribution);
    /// @notice Somebody put a bond against an accepted contribution.
    event ContributionChallenged(
        bytes32 indexed contribution, address indexed challenger, uint256 bond, bytes32 evidenceHash
    );
    /// @notice Upheld: the contribution enters no later datanet version.
    event ContributionChallengeResolved(bytes32 indexed contribution, bool upheld);

    /// @notice An immutable version: the datanet's contributions accepted up to here, in order of their acceptance.
    /// @param contributionsRoot RFC 6962 tree hash over their ids in that order
    event DatanetVersionPublished(
        bytes32 indexed version, bytes32 indexed datanet, uint32 number, bytes32 contributionsRoot, uint32 contributions
    );
}
