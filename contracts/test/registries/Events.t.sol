// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM, Vm} from "../../script/Vm.sol";
import {IDatanetRegistry} from "../../src/interfaces/IDatanetRegistry.sol";
import {IModelRegistry} from "../../src/interfaces/IModelRegistry.sol";
import {IOperatorRegistry} from "../../src/interfaces/IOperatorRegistry.sol";
import {ISplitRegistry} from "../../src/interfaces/ISplitRegistry.sol";
import {
    AdapterId,
    ContributionId,
    DatanetId,
    DatanetVersionId,
    ModelId,
    ModelVersionId,
    RunId
} from "../../src/types.sol";
import {Registries} from "./Registries.sol";

/// @title Every event of the registries' interfaces happens, and nothing else does
contract EventsTest is Registries {
    struct Declared {
        string file;
        address emitter;
        bytes32[] selectors;
    }

    function test_every_declared_event_is_emitted_and_every_emitted_event_is_declared() public {
        VM.recordLogs();
        // The first split and the first bond are events of the constructors.
        d = deploy(terms(), _whole(), address(this), VM.getNonce(address(this)));
        timelock = address(d.timelock);
        DatanetVersionId version = _datanets();
        _models(version);
        _operators();
        _splits();
        Vm.Log[] memory logs = VM.getRecordedLogs();
        Declared[4] memory declared = _declared();
        for (uint256 i = 0; i < 4; ++i) {
            _check(declared[i], logs);
        }
    }

    function _check(Declared memory declared, Vm.Log[] memory logs) private view {
        same(_eventsIn(declared.file), declared.selectors.length, string.concat("all events of ", declared.file));
        bool[] memory seen = new bool[](declared.selectors.length);
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != declared.emitter) continue;
            uint256 at = 0;
            while (at < seen.length && declared.selectors[at] != logs[i].topics[0]) {
                ++at;
            }
            if (at == seen.length) revert Untrue(string.concat("not declared in ", declared.file));
            seen[at] = true;
        }
        for (uint256 i = 0; i < seen.length; ++i) {
            if (!seen[i]) revert Different(string.concat("not seen of ", declared.file), i, 0);
        }
    }

    /// @dev How many events the compiler found in an interface.
    function _eventsIn(string memory name) private view returns (uint256 count) {
        string memory path = string.concat("out/", name, ".sol/", name, ".json");
        bytes memory text = bytes(VM.readFile(path));
        bytes memory mark = "\"type\":\"event\"";
        bytes memory end = "\"bytecode\"";
        for (uint256 at = 0; !_at(text, at, end); ++at) {
            if (_at(text, at, mark)) ++count;
        }
    }

    function _at(bytes memory text, uint256 at, bytes memory part) private pure returns (bool) {
        for (uint256 i = 0; i < part.length; ++i) {
            if (text[at + i] != part[i]) return false;
        }
        return true;
    }

    // What happens

    function _datanets() private returns (DatanetVersionId version) {
        DatanetId datanet = makeDatanet("datanet", 1, 1);
        ContributionId withdrawn = submitted(datanet, CONTRIBUTOR, "withdrawn");
        VM.prank(CONTRIBUTOR);
        d.datanets.withdraw(withdrawn);
        removed(acceptedIn(datanet, 1));
        acceptedIn(datanet, 2);
        d.datanets.rebuild(datanet, 2);
        VM.startPrank(OWNER);
        version = d.datanets.publishVersion(datanet);
        d.datanets.setLicence(datanet, "MIT");
        d.datanets.transferDatanet(datanet, STRANGER);
        VM.stopPrank();
    }

    function _models(DatanetVersionId version) private {
        DatanetVersionId[] memory data = new DatanetVersionId[](1);
        data[0] = version;
        ModelId model = makeModel(OWNER, "model");
        ModelVersionId modelVersion = makeVersion(OWNER, model, data);
        VM.startPrank(OWNER);
        AdapterId adapter = d.models.registerAdapter("salt", modelVersion, "tuned", 1, attributionOn(data), priceOf(1));
        d.models.deprecateAdapter(adapter, 3);
        d.models.transferAdapter(adapter, STRANGER);
        RunId run = d.models.openTrainingRun("salt", model, data, "uri");
        d.models.finishTrainingRun(run, modelVersion);
        d.models.deprecateModelVersion(modelVersion, 3);
        d.models.transferModel(model, STRANGER);
        VM.stopPrank();
    }

    function _operators() private {
        VM.startPrank(STRANGER);
        d.operators.register("name", "uri");
        d.operators.addSigningKey(OWNER);
        d.operators.revokeSigningKey(OWNER);
        d.operators.revoke(STRANGER);
        VM.stopPrank();
    }

    function _splits() private {
        VM.startPrank(timelock);
        d.splits.orderCorrection(OWNER, STRANGER, 1, "reason");
        d.splits.assignUnattributed(DatanetId.wrap("datanet"), STRANGER, 1, "reason");
        VM.stopPrank();
    }

    // What is declared

    function _declared() private view returns (Declared[4] memory declared) {
        declared[0] = Declared("IDatanetRegistry", address(d.datanets), _datanetEvents());
        declared[1] = Declared("IModelRegistry", address(d.models), _modelEvents());
        declared[2] = Declared("IOperatorRegistry", address(d.operators), new bytes32[](4));
        declared[2].selectors[0] = IOperatorRegistry.OperatorRegistered.selector;
        declared[2].selectors[1] = IOperatorRegistry.SigningKeyAdded.selector;
        declared[2].selectors[2] = IOperatorRegistry.SigningKeyRevoked.selector;
        declared[2].selectors[3] = IOperatorRegistry.OperatorRevoked.selector;
        declared[3] = Declared("ISplitRegistry", address(d.splits), new bytes32[](3));
        declared[3].selectors[0] = ISplitRegistry.SplitSet.selector;
        declared[3].selectors[1] = ISplitRegistry.CorrectionOrdered.selector;
        declared[3].selectors[2] = ISplitRegistry.UnattributedAssigned.selector;
    }

    function _datanetEvents() private pure returns (bytes32[] memory list) {
        list = new bytes32[](14);
        list[0] = IDatanetRegistry.DatanetCreated.selector;
        list[1] = IDatanetRegistry.ItemsMaxSet.selector;
        list[2] = IDatanetRegistry.LicenceSet.selector;
        list[3] = IDatanetRegistry.DatanetTransferred.selector;
        list[4] = IDatanetRegistry.ValidatorSet.selector;
        list[5] = IDatanetRegistry.ContributionCommitted.selector;
        list[6] = IDatanetRegistry.ContributionSubmitted.selector;
        list[7] = IDatanetRegistry.ContributionValidated.selector;
        list[8] = IDatanetRegistry.ContributionDecided.selector;
        list[9] = IDatanetRegistry.ContributionWithdrawn.selector;
        list[10] = IDatanetRegistry.ContributionChallenged.selector;
        list[11] = IDatanetRegistry.ContributionChallengeResolved.selector;
        list[12] = IDatanetRegistry.ChallengeBondSet.selector;
        list[13] = IDatanetRegistry.DatanetVersionPublished.selector;
    }

    function _modelEvents() private pure returns (bytes32[] memory list) {
        list = new bytes32[](11);
        list[0] = IModelRegistry.ModelCreated.selector;
        list[1] = IModelRegistry.ModelTransferred.selector;
        list[2] = IModelRegistry.ModelVersionPublished.selector;
        list[3] = IModelRegistry.ModelVersionPriced.selector;
        list[4] = IModelRegistry.ModelVersionDeprecated.selector;
        list[5] = IModelRegistry.AdapterRegistered.selector;
        list[6] = IModelRegistry.AdapterTransferred.selector;
        list[7] = IModelRegistry.AdapterPriced.selector;
        list[8] = IModelRegistry.AdapterDeprecated.selector;
        list[9] = IModelRegistry.TrainingRunOpened.selector;
        list[10] = IModelRegistry.TrainingRunFinished.selector;
    }
}
