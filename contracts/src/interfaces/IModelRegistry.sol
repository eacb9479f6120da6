// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Models, their immutable versions, adapters and training runs
/// @notice Methods of attribution: 1 influence, 2 retrieval, 3 exact match.
/// Prices are base units a receipt and base units a token; a change binds from `bindingEpoch`,
/// at least two after the event's own epoch; a version's or adapter's first price binds at once.
interface IModelRegistry {
    /// @notice A model: a name and an owner, with versions under it.
    event ModelCreated(bytes32 indexed model, address indexed owner, string name);
    /// @notice The model changed hands.
    event ModelTransferred(bytes32 indexed model, address indexed from, address indexed to);
    /// @notice An immutable version of a model.
    /// @param parameters influence: abi.encode(uint32 k, uint32 checkpoints, uint32 decoysMin, uint32 topK)
    /// @param artifactHash SHA-256 of the artifact (influence: the sketch index)
    /// @param baseVersion the version it was trained from, zero if none
    /// @param evidencePublic whether receipts' evidence may be shown
    event ModelVersionPublished(
        bytes32 indexed version,
        bytes32 indexed model,
        uint8 method,
        bytes parameters,
        bytes32 artifactHash,
        bytes32[] datanetVersions,
        bytes32 baseVersion,
        bool evidencePublic
    );
    /// @notice What a receipt of this version costs: base + tokens in x priceIn + tokens out x priceOut.
    event ModelVersionPriced(
        bytes32 indexed version, uint64 bindingEpoch, uint128 base, uint128 priceIn, uint128 priceOut
    );
    /// @notice From `bindingEpoch` on, receipts of this version are refused.
    event ModelVersionDeprecated(bytes32 indexed version, uint64 bindingEpoch);

    /// @notice An adapter fine-tuned from `modelVersion`.
    /// @param contributorsShare basis points of the contributors' pool that go to the adapter's own data
    event AdapterRegistered(
        bytes32 indexed adapter,
        bytes32 indexed modelVersion,
        address indexed owner,
        string name,
        uint8 method,
        bytes parameters,
        bytes32 artifactHash,
        bytes32[] datanetVersions,
        uint16 contributorsShare,
        bool evidencePublic
    );
    /// @notice The adapter changed hands.
    event AdapterTransferred(bytes32 indexed adapter, address indexed from, address indexed to);
    /// @notice What a receipt through this adapter costs on top of its model version's price.
    event AdapterPriced(bytes32 indexed adapter, uint64 bindingEpoch, uint128 base, uint128 priceIn, uint128 priceOut);
    /// @notice From `bindingEpoch` on, receipts through this adapter are refused.
    event AdapterDeprecated(bytes32 indexed adapter, uint64 bindingEpoch);

    /// @notice A training run on datanet versions, towards a model.
    event TrainingRunOpened(
        bytes32 indexed run, bytes32 indexed model, address indexed payer, bytes32[] datanetVersions, string uri
    );
    /// @notice The run gave `modelVersion`.
    event TrainingRunFinished(bytes32 indexed run, bytes32 indexed modelVersion);
}
