// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../script/Vm.sol";
import {EpochCalendar} from "../../src/EpochCalendar.sol";
import {IModelRegistry} from "../../src/interfaces/IModelRegistry.sol";
import {AdapterId, DatanetVersionId, ModelVersionId} from "../../src/types.sol";
import {Registries} from "./Registries.sol";

/// @title Adapters on model versions of anybody
contract AdaptersTest is Registries {
    DatanetVersionId[] private _data;
    ModelVersionId private _base;

    function setUp() public override {
        super.setUp();
        _data = versionsOf("data", 2);
        _base = makeVersion(OWNER, makeModel(OWNER, "model"), _data);
    }

    function test_an_adapter_says_everything_and_is_priced_at_once() public {
        AdapterId id = AdapterId.wrap(keccak256(abi.encode(STRANGER, bytes32("salt"))));
        IModelRegistry.Attribution memory attribution = attributionOn(_data);
        attribution.evidencePublic = false;
        VM.expectEmit(address(d.models));
        emit IModelRegistry.AdapterRegistered(
            id, _base, STRANGER, "tuned", 1, attribution.parameters, "index", _data, 2500, false
        );
        VM.expectEmit(address(d.models));
        emit IModelRegistry.AdapterPriced(id, 1, 7, 2, 3);
        VM.prank(STRANGER);
        AdapterId adapter = d.models.registerAdapter("salt", _base, "tuned", 2500, attribution, priceOf(7));
        same(AdapterId.unwrap(adapter), AdapterId.unwrap(id), "id");
    }

    function test_a_salt_makes_one_adapter_only_even_after_a_transfer() public {
        AdapterId adapter = _register(STRANGER, "salt");
        bytes memory reason = abi.encodeWithSelector(IModelRegistry.IdTaken.selector, adapter);
        refuse(reason);
        _register(STRANGER, "salt");
        VM.prank(STRANGER);
        d.models.transferAdapter(adapter, OWNER);
        refuse(reason);
        _register(STRANGER, "salt");
    }

    function testFuzz_nobody_can_take_anothers_adapter_id(address other, bytes32 salt) public {
        VM.assume(other != STRANGER && other != address(0));
        AdapterId mine = _register(STRANGER, salt);
        AdapterId theirs = _register(other, salt);
        truth(AdapterId.unwrap(mine) != AdapterId.unwrap(theirs), "apart");
        same(AdapterId.unwrap(theirs), keccak256(abi.encode(other, salt)), "of its owner");
    }

    function testFuzz_an_adapter_is_on_a_model_version_that_exists(bytes32 version) public {
        VM.assume(version != ModelVersionId.unwrap(_base));
        refuse(abi.encodeWithSelector(IModelRegistry.Unknown.selector, version));
        d.models.registerAdapter("salt", ModelVersionId.wrap(version), "tuned", 1, attributionOn(_data), priceOf(1));
    }

    function testFuzz_a_share_is_at_most_half(uint16 share) public {
        if (share > 5_000) refuse(abi.encodeWithSelector(IModelRegistry.ShareTooHigh.selector, share));
        d.models.registerAdapter("salt", _base, "tuned", share, attributionOn(_data), priceOf(1));
        d.models.registerAdapter("whole", _base, "tuned", 5_000, attributionOn(_data), priceOf(1));
        refuse(abi.encodeWithSelector(IModelRegistry.ShareTooHigh.selector, 5_001));
        d.models.registerAdapter("more", _base, "tuned", 5_001, attributionOn(_data), priceOf(1));
    }

    function test_an_adapter_has_a_name_a_method_an_artifact_and_data() public {
        IModelRegistry.Attribution memory attribution = attributionOn(_data);
        refuse(abi.encodeWithSelector(IModelRegistry.NameEmpty.selector));
        d.models.registerAdapter("salt", _base, "", 1, attribution, priceOf(1));
        attribution.method = 4;
        _refuse(attribution, abi.encodeWithSelector(IModelRegistry.MethodUnknown.selector, 4));
        attribution.method = 0;
        _refuse(attribution, abi.encodeWithSelector(IModelRegistry.MethodUnknown.selector, 0));
        attribution = attributionOn(_data);
        attribution.artifactHash = 0;
        _refuse(attribution, abi.encodeWithSelector(IModelRegistry.ArtifactMissing.selector));
        attribution = attributionOn(new DatanetVersionId[](0));
        _refuse(attribution, abi.encodeWithSelector(IModelRegistry.DatanetVersionsInvalid.selector, 0));
        attribution.datanetVersions = new DatanetVersionId[](1);
        attribution.datanetVersions[0] = DatanetVersionId.wrap("unknown");
        _refuse(attribution, abi.encodeWithSelector(IModelRegistry.Unknown.selector, bytes32("unknown")));
    }

    function _refuse(IModelRegistry.Attribution memory attribution, bytes memory reason) private {
        refuse(reason);
        d.models.registerAdapter("salt", _base, "tuned", 1, attribution, priceOf(1));
    }

    function test_a_transfer_moves_every_right_of_the_owner() public {
        AdapterId adapter = _register(STRANGER, "salt");
        VM.expectEmit(address(d.models));
        emit IModelRegistry.AdapterTransferred(adapter, STRANGER, OWNER);
        VM.prank(STRANGER);
        d.models.transferAdapter(adapter, OWNER);
        _refuseOwner(adapter, STRANGER);
        VM.startPrank(OWNER);
        d.models.priceAdapter(adapter, 3, priceOf(9));
        d.models.deprecateAdapter(adapter, 3);
        refuse(abi.encodeWithSelector(IModelRegistry.NotOwner.selector, adapter, address(0)));
        d.models.transferAdapter(adapter, address(0));
    }

    /// @dev Not even the owner of the model below it.
    function testFuzz_only_the_owner_changes_an_adapter(address caller) public {
        VM.assume(caller != STRANGER);
        AdapterId adapter = _register(STRANGER, "salt");
        _refuseOwner(adapter, caller);
        _refuseOwner(adapter, OWNER);
    }

    function testFuzz_nobody_owns_an_adapter_that_is_not_there(bytes32 id, address caller) public {
        VM.assume(caller != address(0));
        _refuseOwner(AdapterId.wrap(id), caller);
    }

    function _refuseOwner(AdapterId adapter, address caller) private {
        bytes memory reason = abi.encodeWithSelector(IModelRegistry.NotOwner.selector, adapter, caller);
        VM.startPrank(caller);
        refuse(reason);
        d.models.transferAdapter(adapter, caller);
        refuse(reason);
        d.models.priceAdapter(adapter, 3, priceOf(1));
        refuse(reason);
        d.models.deprecateAdapter(adapter, 3);
        VM.stopPrank();
    }

    function testFuzz_a_price_binds_two_epochs_later_at_the_earliest(uint64 epoch, uint64 elapsed) public {
        AdapterId adapter = _register(STRANGER, "salt");
        elapsed %= 36_500 days;
        VM.warp(GENESIS + elapsed);
        uint64 earliest = elapsed / EPOCH_LENGTH + 3;
        if (epoch < earliest) {
            refuse(abi.encodeWithSelector(EpochCalendar.BindsTooEarly.selector, epoch, earliest));
        } else {
            VM.expectEmit(address(d.models));
            emit IModelRegistry.AdapterPriced(adapter, epoch, 9, 2, 3);
        }
        VM.prank(STRANGER);
        d.models.priceAdapter(adapter, epoch, priceOf(9));
    }

    function test_an_adapter_ends_once_and_not_at_once() public {
        AdapterId adapter = _register(STRANGER, "salt");
        VM.startPrank(STRANGER);
        refuse(abi.encodeWithSelector(EpochCalendar.BindsTooEarly.selector, 2, 3));
        d.models.deprecateAdapter(adapter, 2);
        VM.expectEmit(address(d.models));
        emit IModelRegistry.AdapterDeprecated(adapter, 3);
        d.models.deprecateAdapter(adapter, 3);
        refuse(abi.encodeWithSelector(IModelRegistry.DeprecatedAlready.selector, adapter));
        d.models.deprecateAdapter(adapter, 3);
    }

    function _register(address owner, bytes32 salt) private returns (AdapterId) {
        VM.prank(owner);
        return d.models.registerAdapter(salt, _base, "tuned", 2500, attributionOn(_data), priceOf(1));
    }
}
