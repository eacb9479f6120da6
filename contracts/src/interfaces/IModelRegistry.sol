// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AdapterId, DatanetVersionId, ModelId, ModelVersionId, RunId} from "../types.sol";

/// @title Models, their immutable versions, adapters and training runs
/// @notice Methods of attribution: 1 influence, 2 retrieval, 3 exact match.
/// Prices are base units a receipt and base units a token; a change binds from `bindingEpoch`,
/// at least two after the event's own epoch; a version's or adapter's first price binds at once.
interface IModelRegistry {
    /// @notice What a receipt costs: base + tokens in x input + tokens out x output, base units.
    struct Price {
        uint128 base;
        uint128 input;
        uint128 output;
    }

    /// @notice How a model version or an adapter is attributed.
    /// @param method 1 influence, 2 retrieval, 3 exact match
    /// @param parameters influence: abi.encode(uint32 k, uint32 checkpoints, uint32 decoysMin, uint32 topK)
    /// @param artifactHash SHA-256 of the artifact (influence: the sketch index)
    /// @param datanetVersions what it was trained on, in ascending order
    /// @param evidencePublic whether receipts' evidence may be shown
    struct Attribution {
        uint8 method;
        bytes parameters;
        bytes32 artifactHash;
        DatanetVersionId[] datanetVersions;
        bool evidencePublic;
    }

    /// @notice A model: a name and an owner, with versions under it.
    event ModelCreated(ModelId indexed model, address indexed owner, string name);
    /// @notice The model changed hands.
    event ModelTransferred(ModelId indexed model, address indexed from, address indexed to);
    /// @notice An immutable version of a model.
    /// @param parameters influence: abi.encode(uint32 k, uint32 checkpoints, uint32 decoysMin, uint32 topK)
    /// @param artifactHash SHA-256 of the artifact (influence: the sketch index)
    /// @param baseVersion the version it was trained from, zero if none
    /// @param evidencePublic whether receipts' evidence may be shown
    event ModelVersionPublished(
        ModelVersionId indexed version,
        ModelId indexed model,
        uint8 method,
        bytes parameters,
        bytes32 artifactHash,
        DatanetVersionId[] datanetVersions,
        ModelVersionId baseVersion,
        bool evidencePublic
    );
    /// @notice What a receipt of this version costs: base + tokens in x priceIn + tokens out x priceOut.
    event ModelVersionPriced(
        ModelVersionId indexed version, uint64 bindingEpoch, uint128 base, uint128 priceIn, uint128 priceOut
    );
    /// @notice From `bindingEpoch` on, receipts of this version are refused.
    event ModelVersionDeprecated(ModelVersionId indexed version, uint64 bindingEpoch);

    /// @notice An adapter fine-tuned from `modelVersion`.
    /// @param contributorsShare basis points of the contributors' pool that go to the adapter's own data
    event AdapterRegistered(
        AdapterId indexed adapter,
        ModelVersionId indexed modelVersion,
        address indexed owner,
        string name,
        uint8 method,
        bytes parameters,
        bytes32 artifactHash,
        DatanetVersionId[] datanetVersions,
        uint16 contributorsShare,
        bool evidencePublic
    );
    /// @notice The adapter changed hands.
    event AdapterTransferred(AdapterId indexed adapter, address indexed from, address indexed to);
    /// @notice What a receipt through this adapter costs on top of its model version's price.
    event AdapterPriced(
        AdapterId indexed adapter, uint64 bindingEpoch, uint128 base, uint128 priceIn, uint128 priceOut
    );
    /// @notice From `bindingEpoch` on, receipts through this adapter are refused.
    event AdapterDeprecated(AdapterId indexed adapter, uint64 bindingEpoch);

    /// @notice A training run on datanet versions, towards a model; paid for in the vault.
    event TrainingRunOpened(
        RunId indexed run, ModelId indexed model, address indexed payer, DatanetVersionId[] datanetVersions, string uri
    );
    /// @notice The run gave `modelVersion`.
    event TrainingRunFinished(RunId indexed run, ModelVersionId indexed modelVersion);

    /// @notice Not the owner of what is to be changed (or nobody's).
    error NotOwner(bytes32 id, address caller);
    /// @notice The creator used the salt before.
    error IdTaken(bytes32 id);
    /// @notice Nothing is known under the id.
    error Unknown(bytes32 id);
    /// @notice A name must be given.
    error NameEmpty();
    /// @notice No such method of attribution.
    error MethodUnknown(uint8 method);
    /// @notice An artifact must be named by its hash.
    error ArtifactMissing();
    /// @notice At least one datanet version, at most `DATANET_VERSIONS_MAX`, each once, in ascending order.
    error DatanetVersionsInvalid(uint256 count);
    /// @notice More than an adapter may have.
    error ShareTooHigh(uint16 share);
    /// @notice It ends no later already.
    error DeprecatedAlready(bytes32 id);
    /// @notice The run has ended before.
    error RunFinished(RunId run);

    /// @notice Creates a model of the caller.
    function createModel(bytes32 salt, string calldata name) external returns (ModelId model);

    /// @notice Gives a model to somebody else, with its future earnings.
    function transferModel(ModelId model, address to) external;

    /// @notice Publishes the model's next version with its first price. Model owner only.
    function publishModelVersion(
        ModelId model,
        ModelVersionId baseVersion,
        Attribution calldata attribution,
        Price calldata price
    ) external returns (ModelVersionId version);

    /// @notice Changes a version's price. Model owner only.
    function priceModelVersion(ModelVersionId version, uint64 bindingEpoch, Price calldata price) external;

    /// @notice Ends a version, or brings its end forward. Model owner only.
    function deprecateModelVersion(ModelVersionId version, uint64 bindingEpoch) external;

    /// @notice Registers an adapter of the caller on any model version, with its first price.
    function registerAdapter(
        bytes32 salt,
        ModelVersionId modelVersion,
        string calldata name,
        uint16 contributorsShare,
        Attribution calldata attribution,
        Price calldata price
    ) external returns (AdapterId adapter);

    /// @notice Gives an adapter to somebody else, with its future earnings.
    function transferAdapter(AdapterId adapter, address to) external;

    /// @notice Changes an adapter's price. Adapter owner only.
    function priceAdapter(AdapterId adapter, uint64 bindingEpoch, Price calldata price) external;

    /// @notice Ends an adapter, or brings its end forward. Adapter owner only.
    function deprecateAdapter(AdapterId adapter, uint64 bindingEpoch) external;

    /// @notice Opens a training run of the caller; the vault takes its payment.
    function openTrainingRun(
        bytes32 salt,
        ModelId model,
        DatanetVersionId[] calldata datanetVersions,
        string calldata uri
    ) external returns (RunId run);

    /// @notice Says which version the run gave. Owner of the run's model only.
    function finishTrainingRun(RunId run, ModelVersionId modelVersion) external;
}
