// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../script/Vm.sol";
import {EpochCalendar} from "../../src/EpochCalendar.sol";
import {IModelRegistry} from "../../src/interfaces/IModelRegistry.sol";
import {DatanetVersionId, ModelId, ModelVersionId} from "../../src/types.sol";
import {Registries} from "./Registries.sol";

/// @title Models and their immutable versions: identity, lineage, prices, ends
contract ModelsTest is Registries {
    DatanetVersionId[] private _data;
    ModelId private _model;

    function setUp() public override {
        super.setUp();
        _data = versionsOf("data", 3);
        _model = makeModel(OWNER, "model");
    }

    // Models

    function test_a_model_belongs_to_its_creator() public {
        ModelId id = ModelId.wrap(keccak256(abi.encode(OWNER, bytes32("salt"))));
        VM.expectEmit(address(d.models));
        emit IModelRegistry.ModelCreated(id, OWNER, "small");
        same(ModelId.unwrap(makeModel(OWNER, "salt")), ModelId.unwrap(id), "id");
        same(address(d.models.datanets()), address(d.datanets), "datanets");
    }

    function test_a_model_has_a_name() public {
        refuse(abi.encodeWithSelector(IModelRegistry.NameEmpty.selector));
        d.models.createModel("salt", "");
    }

    function test_a_salt_makes_one_model_only_even_after_a_transfer() public {
        bytes memory reason = abi.encodeWithSelector(IModelRegistry.IdTaken.selector, _model);
        refuse(reason);
        makeModel(OWNER, "model");
        VM.prank(OWNER);
        d.models.transferModel(_model, STRANGER);
        refuse(reason);
        makeModel(OWNER, "model");
    }

    function testFuzz_nobody_can_take_anothers_model_id(address other, bytes32 salt) public {
        VM.assume(other != OWNER && other != address(0) && salt != "model");
        ModelId mine = makeModel(OWNER, salt);
        ModelId theirs = makeModel(other, salt);
        truth(ModelId.unwrap(mine) != ModelId.unwrap(theirs), "apart");
        same(ModelId.unwrap(theirs), keccak256(abi.encode(other, salt)), "of its creator");
    }

    function test_a_transfer_moves_every_right_of_the_owner() public {
        ModelVersionId version = makeVersion(OWNER, _model, _data);
        VM.expectEmit(address(d.models));
        emit IModelRegistry.ModelTransferred(_model, OWNER, STRANGER);
        VM.prank(OWNER);
        d.models.transferModel(_model, STRANGER);
        _refuseOwner(OWNER, version);
        makeVersion(STRANGER, _model, _data);
        VM.startPrank(STRANGER);
        d.models.priceModelVersion(version, 3, priceOf(9));
        d.models.deprecateModelVersion(version, 3);
    }

    function test_a_model_goes_to_nobody() public {
        refuse(abi.encodeWithSelector(IModelRegistry.NotOwner.selector, _model, address(0)));
        VM.prank(OWNER);
        d.models.transferModel(_model, address(0));
    }

    function testFuzz_only_the_owner_changes_a_model(address caller) public {
        VM.assume(caller != OWNER);
        _refuseOwner(caller, makeVersion(OWNER, _model, _data));
    }

    function _refuseOwner(address caller, ModelVersionId version) private {
        bytes memory reason = abi.encodeWithSelector(IModelRegistry.NotOwner.selector, _model, caller);
        VM.startPrank(caller);
        refuse(reason);
        d.models.transferModel(_model, caller);
        refuse(reason);
        d.models.publishModelVersion(_model, ModelVersionId.wrap(0), attributionOn(_data), priceOf(1));
        refuse(reason);
        d.models.priceModelVersion(version, 3, priceOf(1));
        refuse(reason);
        d.models.deprecateModelVersion(version, 3);
        VM.stopPrank();
    }

    /// @dev The model of an unknown version is zero, which nobody owns.
    function testFuzz_nobody_owns_what_is_not_there(bytes32 id, address caller) public {
        VM.assume(caller != address(0));
        VM.startPrank(caller);
        refuse(abi.encodeWithSelector(IModelRegistry.NotOwner.selector, id, caller));
        d.models.transferModel(ModelId.wrap(id), caller);
        refuse(abi.encodeWithSelector(IModelRegistry.NotOwner.selector, id, caller));
        d.models.publishModelVersion(ModelId.wrap(id), ModelVersionId.wrap(0), attributionOn(_data), priceOf(1));
        refuse(abi.encodeWithSelector(IModelRegistry.NotOwner.selector, 0, caller));
        d.models.priceModelVersion(ModelVersionId.wrap(id), 3, priceOf(1));
        refuse(abi.encodeWithSelector(IModelRegistry.NotOwner.selector, 0, caller));
        d.models.deprecateModelVersion(ModelVersionId.wrap(id), 3);
    }

    // Versions and lineage

    function test_a_version_says_everything_and_is_priced_at_once() public {
        ModelVersionId id = ModelVersionId.wrap(keccak256(abi.encode(_model, uint32(1))));
        IModelRegistry.Attribution memory attribution = attributionOn(_data);
        VM.expectEmit(address(d.models));
        emit IModelRegistry.ModelVersionPublished(
            id, _model, 1, attribution.parameters, "index", _data, ModelVersionId.wrap(0), true
        );
        VM.expectEmit(address(d.models));
        emit IModelRegistry.ModelVersionPriced(id, 1, 7, 2, 3);
        VM.prank(OWNER);
        ModelVersionId version = d.models.publishModelVersion(_model, ModelVersionId.wrap(0), attribution, priceOf(7));
        same(ModelVersionId.unwrap(version), ModelVersionId.unwrap(id), "id");
    }

    function test_a_version_before_genesis_is_priced_from_epoch_zero() public {
        VM.warp(GENESIS - 1);
        ModelVersionId id = ModelVersionId.wrap(keccak256(abi.encode(_model, uint32(1))));
        VM.expectEmit(address(d.models));
        emit IModelRegistry.ModelVersionPriced(id, 0, 1, 2, 3);
        makeVersion(OWNER, _model, _data);
    }

    function test_lineage_is_a_tree_over_versions_that_exist() public {
        ModelVersionId root = makeVersion(OWNER, _model, _data);
        ModelId other = makeModel(STRANGER, "other");
        ModelVersionId child = ModelVersionId.wrap(keccak256(abi.encode(other, uint32(1))));
        // Neither itself nor a version that is yet to come.
        _refuseBase(other, child);
        _refuseBase(other, ModelVersionId.wrap(keccak256(abi.encode(_model, uint32(2)))));
        _refuseBase(other, ModelVersionId.wrap(ModelId.unwrap(_model)));
        VM.expectEmit(address(d.models));
        emit IModelRegistry.ModelVersionPublished(
            child, other, 1, attributionOn(_data).parameters, "index", _data, root, true
        );
        VM.prank(STRANGER);
        d.models.publishModelVersion(other, root, attributionOn(_data), priceOf(1));
        // A deprecated version can still be a base.
        VM.prank(OWNER);
        d.models.deprecateModelVersion(root, 3);
        VM.prank(STRANGER);
        d.models.publishModelVersion(other, root, attributionOn(_data), priceOf(1));
    }

    function testFuzz_a_base_exists_before(bytes32 base) public {
        VM.assume(base != 0);
        _refuseBase(makeModel(STRANGER, "other"), ModelVersionId.wrap(base));
    }

    function _refuseBase(ModelId model, ModelVersionId base) private {
        refuse(abi.encodeWithSelector(IModelRegistry.Unknown.selector, base));
        VM.prank(STRANGER);
        d.models.publishModelVersion(model, base, attributionOn(_data), priceOf(1));
    }

    // Attribution

    function testFuzz_there_are_three_methods(uint8 method) public {
        IModelRegistry.Attribution memory attribution = attributionOn(_data);
        attribution.method = method;
        if (method == 0 || method > 3) {
            refuse(abi.encodeWithSelector(IModelRegistry.MethodUnknown.selector, method));
        }
        _publish(attribution);
    }

    function test_an_artifact_is_named() public {
        IModelRegistry.Attribution memory attribution = attributionOn(_data);
        attribution.artifactHash = 0;
        refuse(abi.encodeWithSelector(IModelRegistry.ArtifactMissing.selector));
        _publish(attribution);
    }

    function test_datanet_versions_are_one_to_sixty_four() public {
        refuse(abi.encodeWithSelector(IModelRegistry.DatanetVersionsInvalid.selector, 0));
        _publish(attributionOn(new DatanetVersionId[](0)));
        DatanetVersionId[] memory many = versionsOf("many", 65);
        refuse(abi.encodeWithSelector(IModelRegistry.DatanetVersionsInvalid.selector, 65));
        _publish(attributionOn(many));
        _publish(attributionOn(versionsOf("as many as can be", 64)));
    }

    function test_datanet_versions_are_in_ascending_order_each_once_and_known() public {
        DatanetVersionId[] memory list = new DatanetVersionId[](2);
        (list[0], list[1]) = (_data[1], _data[0]);
        refuse(abi.encodeWithSelector(IModelRegistry.DatanetVersionsInvalid.selector, 2));
        _publish(attributionOn(list));
        (list[0], list[1]) = (_data[0], _data[0]);
        refuse(abi.encodeWithSelector(IModelRegistry.DatanetVersionsInvalid.selector, 2));
        _publish(attributionOn(list));
        (list[0], list[1]) = (DatanetVersionId.wrap(0), _data[0]);
        refuse(abi.encodeWithSelector(IModelRegistry.DatanetVersionsInvalid.selector, 2));
        _publish(attributionOn(list));
        bytes32 unknown = bytes32(uint256(DatanetVersionId.unwrap(_data[0])) + 1);
        (list[0], list[1]) = (_data[0], DatanetVersionId.wrap(unknown));
        refuse(abi.encodeWithSelector(IModelRegistry.Unknown.selector, unknown));
        _publish(attributionOn(list));
    }

    function _publish(IModelRegistry.Attribution memory attribution) private {
        VM.prank(OWNER);
        d.models.publishModelVersion(_model, ModelVersionId.wrap(0), attribution, priceOf(1));
    }

    // Prices and ends

    function testFuzz_a_price_binds_two_epochs_later_at_the_earliest(uint64 epoch, uint64 elapsed, bool before) public {
        ModelVersionId version = makeVersion(OWNER, _model, _data);
        elapsed %= 36_500 days;
        VM.warp(before ? GENESIS - 1 : GENESIS + elapsed);
        uint64 earliest = before ? 2 : elapsed / EPOCH_LENGTH + 3;
        if (epoch < earliest) {
            refuse(abi.encodeWithSelector(EpochCalendar.BindsTooEarly.selector, epoch, earliest));
        } else {
            VM.expectEmit(address(d.models));
            emit IModelRegistry.ModelVersionPriced(version, epoch, 9, 2, 3);
        }
        VM.prank(OWNER);
        d.models.priceModelVersion(version, epoch, priceOf(9));
    }

    function test_the_binding_epoch_is_bounded_to_the_second() public {
        ModelVersionId version = makeVersion(OWNER, _model, _data);
        VM.startPrank(OWNER);
        VM.warp(GENESIS + EPOCH_LENGTH - 1);
        refuse(abi.encodeWithSelector(EpochCalendar.BindsTooEarly.selector, 2, 3));
        d.models.priceModelVersion(version, 2, priceOf(9));
        d.models.priceModelVersion(version, 3, priceOf(9));
        VM.warp(GENESIS + EPOCH_LENGTH);
        refuse(abi.encodeWithSelector(EpochCalendar.BindsTooEarly.selector, 3, 4));
        d.models.deprecateModelVersion(version, 3);
        VM.expectEmit(address(d.models));
        emit IModelRegistry.ModelVersionDeprecated(version, 4);
        d.models.deprecateModelVersion(version, 4);
    }

    function test_a_version_ends_once() public {
        ModelVersionId version = makeVersion(OWNER, _model, _data);
        ModelVersionId other = makeVersion(OWNER, _model, _data);
        VM.startPrank(OWNER);
        d.models.deprecateModelVersion(version, 3);
        refuse(abi.encodeWithSelector(IModelRegistry.DeprecatedAlready.selector, version));
        d.models.deprecateModelVersion(version, 4);
        d.models.deprecateModelVersion(other, 4);
    }

    function test_an_announced_end_can_be_brought_forward() public {
        ModelVersionId version = makeVersion(OWNER, _model, _data);
        VM.startPrank(OWNER);
        d.models.deprecateModelVersion(version, type(uint64).max);
        d.models.deprecateModelVersion(version, 3);
    }
}
