// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EpochCalendar} from "./EpochCalendar.sol";
import {Texts} from "./Texts.sol";
import {IDatanetRegistry} from "./interfaces/IDatanetRegistry.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {AdapterId, DatanetVersionId, ModelId, ModelVersionId, RunId} from "./types.sol";

/// @title Models, versions, adapters, training runs
/// @notice A version's base must exist before it, so lineage is a tree. Nothing published changes.
contract ModelRegistry is IModelRegistry, EpochCalendar, Texts {
    struct Model {
        address owner;
        uint32 versions;
    }

    /// @param end the epoch from which it is deprecated, 0 while it is not
    struct Version {
        ModelId model;
        uint64 end;
    }

    /// @param end the epoch from which it is deprecated, 0 while it is not
    struct Adapter {
        address owner;
        uint64 end;
    }

    struct Run {
        ModelId model;
        bool finished;
    }

    /// @notice Most datanet versions of one model version, adapter or run.
    uint256 public constant DATANET_VERSIONS_MAX = 64;
    /// @notice Most basis points of the contributors' pool that an adapter's own data may get: else an operator could
    /// send every answer through an adapter of its friends and leave the base's contributors nothing.
    uint16 public constant ADAPTER_SHARE_MAX = 5_000;
    /// @notice The last method of attribution.
    uint8 public constant METHOD_MAX = 3;

    /// @notice Where datanet versions are published.
    IDatanetRegistry public immutable datanets;

    mapping(ModelId => Model) private _models;
    mapping(ModelVersionId => Version) private _versions;
    mapping(AdapterId => Adapter) private _adapters;
    mapping(RunId => Run) private _runs;

    constructor(IDatanetRegistry datanets_, uint64 genesis_, uint64 epochLength_)
        EpochCalendar(genesis_, epochLength_)
    {
        datanets = datanets_;
    }

    /// @inheritdoc IModelRegistry
    function createModel(bytes32 salt, string calldata name) external returns (ModelId model) {
        require(bytes(name).length != 0, NameEmpty());
        _checkName(name);
        model = ModelId.wrap(keccak256(abi.encode(msg.sender, salt)));
        require(_models[model].owner == address(0), IdTaken(ModelId.unwrap(model)));
        _models[model].owner = msg.sender;
        emit ModelCreated(model, msg.sender, name);
    }

    /// @inheritdoc IModelRegistry
    function transferModel(ModelId model, address to) external {
        _requireModelOwner(model);
        require(to != address(0), NotOwner(ModelId.unwrap(model), to));
        _models[model].owner = to;
        emit ModelTransferred(model, msg.sender, to);
    }

    /// @inheritdoc IModelRegistry
    function publishModelVersion(
        ModelId model,
        ModelVersionId baseVersion,
        Attribution calldata attribution,
        Price calldata price
    ) external returns (ModelVersionId version) {
        _requireModelOwner(model);
        if (ModelVersionId.unwrap(baseVersion) != 0) _requireVersion(baseVersion);
        _check(attribution);
        version = ModelVersionId.wrap(keccak256(abi.encode(model, ++_models[model].versions)));
        _versions[version].model = model;
        emit ModelVersionPublished(
            version,
            model,
            attribution.method,
            attribution.parameters,
            attribution.artifactHash,
            attribution.datanetVersions,
            baseVersion,
            attribution.evidencePublic
        );
        emit ModelVersionPriced(version, currentEpoch(), price.base, price.input, price.output);
    }

    /// @inheritdoc IModelRegistry
    function priceModelVersion(ModelVersionId version, uint64 bindingEpoch, Price calldata price) external {
        _requireModelOwner(_versions[version].model);
        _requireNotice(bindingEpoch);
        emit ModelVersionPriced(version, bindingEpoch, price.base, price.input, price.output);
    }

    /// @inheritdoc IModelRegistry
    function deprecateModelVersion(ModelVersionId version, uint64 bindingEpoch) external {
        Version storage known = _versions[version];
        _requireModelOwner(known.model);
        _requireNotice(bindingEpoch);
        require(known.end == 0 || bindingEpoch < known.end, DeprecatedAlready(ModelVersionId.unwrap(version)));
        known.end = bindingEpoch;
        emit ModelVersionDeprecated(version, bindingEpoch);
    }

    /// @inheritdoc IModelRegistry
    function registerAdapter(
        bytes32 salt,
        ModelVersionId modelVersion,
        string calldata name,
        uint16 contributorsShare,
        Attribution calldata attribution,
        Price calldata price
    ) external returns (AdapterId adapter) {
        _requireVersion(modelVersion);
        require(bytes(name).length != 0, NameEmpty());
        _checkName(name);
        require(contributorsShare <= ADAPTER_SHARE_MAX, ShareTooHigh(contributorsShare));
        _check(attribution);
        adapter = AdapterId.wrap(keccak256(abi.encode(msg.sender, salt)));
        require(_adapters[adapter].owner == address(0), IdTaken(AdapterId.unwrap(adapter)));
        _adapters[adapter].owner = msg.sender;
        emit AdapterRegistered(
            adapter,
            modelVersion,
            msg.sender,
            name,
            attribution.method,
            attribution.parameters,
            attribution.artifactHash,
            attribution.datanetVersions,
            contributorsShare,
            attribution.evidencePublic
        );
        emit AdapterPriced(adapter, currentEpoch(), price.base, price.input, price.output);
    }

    /// @inheritdoc IModelRegistry
    function transferAdapter(AdapterId adapter, address to) external {
        _requireAdapterOwner(adapter);
        require(to != address(0), NotOwner(AdapterId.unwrap(adapter), to));
        _adapters[adapter].owner = to;
        emit AdapterTransferred(adapter, msg.sender, to);
    }

    /// @inheritdoc IModelRegistry
    function priceAdapter(AdapterId adapter, uint64 bindingEpoch, Price calldata price) external {
        _requireAdapterOwner(adapter);
        _requireNotice(bindingEpoch);
        emit AdapterPriced(adapter, bindingEpoch, price.base, price.input, price.output);
    }

    /// @inheritdoc IModelRegistry
    function deprecateAdapter(AdapterId adapter, uint64 bindingEpoch) external {
        _requireAdapterOwner(adapter);
        _requireNotice(bindingEpoch);
        uint64 end = _adapters[adapter].end;
        require(end == 0 || bindingEpoch < end, DeprecatedAlready(AdapterId.unwrap(adapter)));
        _adapters[adapter].end = bindingEpoch;
        emit AdapterDeprecated(adapter, bindingEpoch);
    }

    /// @inheritdoc IModelRegistry
    function openTrainingRun(
        bytes32 salt,
        ModelId model,
        DatanetVersionId[] calldata datanetVersions,
        string calldata uri
    ) external returns (RunId run) {
        require(_models[model].owner != address(0), Unknown(ModelId.unwrap(model)));
        _checkDatanetVersions(datanetVersions);
        _checkText(uri);
        run = RunId.wrap(keccak256(abi.encode(msg.sender, salt)));
        require(ModelId.unwrap(_runs[run].model) == 0, IdTaken(RunId.unwrap(run)));
        _runs[run].model = model;
        emit TrainingRunOpened(run, model, msg.sender, datanetVersions, uri);
    }

    /// @inheritdoc IModelRegistry
    function finishTrainingRun(RunId run, ModelVersionId modelVersion) external {
        Run storage known = _runs[run];
        _requireModelOwner(known.model);
        require(!known.finished, RunFinished(run));
        require(
            ModelId.unwrap(_versions[modelVersion].model) == ModelId.unwrap(known.model),
            Unknown(ModelVersionId.unwrap(modelVersion))
        );
        known.finished = true;
        emit TrainingRunFinished(run, modelVersion);
    }

    function _requireModelOwner(ModelId model) private view {
        require(_models[model].owner == msg.sender, NotOwner(ModelId.unwrap(model), msg.sender));
    }

    function _requireAdapterOwner(AdapterId adapter) private view {
        require(_adapters[adapter].owner == msg.sender, NotOwner(AdapterId.unwrap(adapter), msg.sender));
    }

    function _requireVersion(ModelVersionId version) private view {
        require(ModelId.unwrap(_versions[version].model) != 0, Unknown(ModelVersionId.unwrap(version)));
    }

    function _check(Attribution calldata attribution) private view {
        require(attribution.method != 0 && attribution.method <= METHOD_MAX, MethodUnknown(attribution.method));
        require(attribution.artifactHash != 0, ArtifactMissing());
        uint256 length = attribution.parameters.length;
        require(length <= TEXT_BYTES_MAX, TextTooLong(length, TEXT_BYTES_MAX));
        _checkDatanetVersions(attribution.datanetVersions);
    }

    function _checkDatanetVersions(DatanetVersionId[] calldata versions) private view {
        require(
            versions.length != 0 && versions.length <= DATANET_VERSIONS_MAX, DatanetVersionsInvalid(versions.length)
        );
        bytes32 previous = 0;
        for (uint256 i = 0; i < versions.length; ++i) {
            bytes32 version = DatanetVersionId.unwrap(versions[i]);
            require(version > previous, DatanetVersionsInvalid(versions.length));
            require(datanets.isVersion(versions[i]), Unknown(version));
            previous = version;
        }
    }
}
