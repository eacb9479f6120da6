// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../script/Vm.sol";
import {IModelRegistry} from "../../src/interfaces/IModelRegistry.sol";
import {DatanetVersionId, ModelId, ModelVersionId, RunId} from "../../src/types.sol";
import {Registries} from "./Registries.sol";

/// @title Training runs: opened by whoever pays, finished by the model's owner
contract TrainingRunsTest is Registries {
    DatanetVersionId[] private _data;
    ModelId private _model;
    ModelVersionId private _version;

    function setUp() public override {
        super.setUp();
        _data = versionsOf("data", 2);
        _model = makeModel(OWNER, "model");
        _version = makeVersion(OWNER, _model, _data);
    }

    function test_anyone_opens_a_run_and_the_owner_finishes_it() public {
        RunId id = RunId.wrap(keccak256(abi.encode(STRANGER, bytes32("salt"))));
        VM.expectEmit(address(d.models));
        emit IModelRegistry.TrainingRunOpened(id, _model, STRANGER, _data, "ipfs://plan");
        same(RunId.unwrap(_open(STRANGER, "salt")), RunId.unwrap(id), "id");
        VM.expectEmit(address(d.models));
        emit IModelRegistry.TrainingRunFinished(id, _version);
        VM.prank(OWNER);
        d.models.finishTrainingRun(id, _version);
    }

    function test_a_salt_makes_one_run_only_even_after_its_end() public {
        RunId run = _open(STRANGER, "salt");
        bytes memory reason = abi.encodeWithSelector(IModelRegistry.IdTaken.selector, run);
        refuse(reason);
        _open(STRANGER, "salt");
        VM.prank(OWNER);
        d.models.finishTrainingRun(run, _version);
        refuse(reason);
        _open(STRANGER, "salt");
    }

    function testFuzz_nobody_can_take_anothers_run_id(address other, bytes32 salt) public {
        VM.assume(other != STRANGER && other != address(0));
        RunId mine = _open(STRANGER, salt);
        RunId theirs = _open(other, salt);
        truth(RunId.unwrap(mine) != RunId.unwrap(theirs), "apart");
        same(RunId.unwrap(theirs), keccak256(abi.encode(other, salt)), "of its payer");
    }

    function testFuzz_a_run_is_towards_a_model_that_exists(bytes32 model) public {
        VM.assume(model != ModelId.unwrap(_model));
        refuse(abi.encodeWithSelector(IModelRegistry.Unknown.selector, model));
        d.models.openTrainingRun("salt", ModelId.wrap(model), _data, "");
    }

    function test_a_run_is_on_datanet_versions_that_exist_in_ascending_order() public {
        DatanetVersionId[] memory list = new DatanetVersionId[](0);
        refuse(abi.encodeWithSelector(IModelRegistry.DatanetVersionsInvalid.selector, 0));
        d.models.openTrainingRun("salt", _model, list, "");
        list = new DatanetVersionId[](65);
        refuse(abi.encodeWithSelector(IModelRegistry.DatanetVersionsInvalid.selector, 65));
        d.models.openTrainingRun("salt", _model, list, "");
        list = new DatanetVersionId[](2);
        (list[0], list[1]) = (_data[1], _data[0]);
        refuse(abi.encodeWithSelector(IModelRegistry.DatanetVersionsInvalid.selector, 2));
        d.models.openTrainingRun("salt", _model, list, "");
        list = new DatanetVersionId[](1);
        list[0] = DatanetVersionId.wrap("unknown");
        refuse(abi.encodeWithSelector(IModelRegistry.Unknown.selector, bytes32("unknown")));
        d.models.openTrainingRun("salt", _model, list, "");
    }

    function test_a_run_ends_once() public {
        RunId run = _open(STRANGER, "salt");
        VM.startPrank(OWNER);
        d.models.finishTrainingRun(run, _version);
        refuse(abi.encodeWithSelector(IModelRegistry.RunFinished.selector, run));
        d.models.finishTrainingRun(run, _version);
    }

    function test_a_run_gives_a_version_of_its_own_model() public {
        RunId run = _open(STRANGER, "salt");
        ModelId other = makeModel(OWNER, "other");
        ModelVersionId foreign = makeVersion(OWNER, other, _data);
        VM.startPrank(OWNER);
        refuse(abi.encodeWithSelector(IModelRegistry.Unknown.selector, foreign));
        d.models.finishTrainingRun(run, foreign);
        refuse(abi.encodeWithSelector(IModelRegistry.Unknown.selector, bytes32("nothing")));
        d.models.finishTrainingRun(run, ModelVersionId.wrap("nothing"));
        refuse(abi.encodeWithSelector(IModelRegistry.Unknown.selector, 0));
        d.models.finishTrainingRun(run, ModelVersionId.wrap(0));
        d.models.finishTrainingRun(run, _version);
    }

    function testFuzz_only_the_models_owner_finishes_a_run(address caller) public {
        VM.assume(caller != OWNER && caller != address(0));
        RunId run = _open(STRANGER, "salt");
        refuse(abi.encodeWithSelector(IModelRegistry.NotOwner.selector, _model, caller));
        VM.prank(caller);
        d.models.finishTrainingRun(run, _version);
        refuse(abi.encodeWithSelector(IModelRegistry.NotOwner.selector, _model, STRANGER));
        VM.prank(STRANGER);
        d.models.finishTrainingRun(run, _version);
    }

    function testFuzz_nobody_finishes_a_run_that_was_not_opened(bytes32 run, address caller) public {
        VM.assume(caller != address(0));
        refuse(abi.encodeWithSelector(IModelRegistry.NotOwner.selector, 0, caller));
        VM.prank(caller);
        d.models.finishTrainingRun(RunId.wrap(run), _version);
    }

    function test_who_took_the_model_over_finishes_its_runs() public {
        RunId run = _open(STRANGER, "salt");
        VM.prank(OWNER);
        d.models.transferModel(_model, CHALLENGER);
        VM.prank(CHALLENGER);
        d.models.finishTrainingRun(run, _version);
    }

    function _open(address payer, bytes32 salt) private returns (RunId) {
        VM.prank(payer);
        return d.models.openTrainingRun(salt, _model, _data, "ipfs://plan");
    }
}
