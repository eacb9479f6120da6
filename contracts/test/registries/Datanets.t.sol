// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../script/Vm.sol";
import {DatanetRegistry} from "../../src/DatanetRegistry.sol";
import {Governed} from "../../src/Governed.sol";
import {IDatanetRegistry} from "../../src/interfaces/IDatanetRegistry.sol";
import {DatanetId} from "../../src/types.sol";
import {Registries} from "./Registries.sol";

/// @title Datanets: creation, ownership, licence, bounds, validators
contract DatanetsTest is Registries {
    function test_a_datanet_says_everything_about_itself() public {
        DatanetId datanet = datanetOf(OWNER, "salt");
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.DatanetCreated(datanet, OWNER, "proofs", LICENCE, "ipfs://about", 2);
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.ItemsMaxSet(datanet, ITEMS_MAX);
        for (uint256 i = 0; i < 3; ++i) {
            VM.expectEmit(address(d.datanets));
            emit IDatanetRegistry.ValidatorSet(datanet, validatorAt(i), true);
        }
        DatanetId made = makeDatanet("salt", 2, 3);
        same(DatanetId.unwrap(made), DatanetId.unwrap(datanet), "id");
        for (uint256 i = 0; i < 3; ++i) {
            truth(d.datanets.isValidator(datanet, validatorAt(i)), "validator");
        }
        truth(!d.datanets.isValidator(datanet, validatorAt(3)), "no other");
        truth(!d.datanets.isValidator(datanet, OWNER), "not the owner");
    }

    function test_the_first_bond_is_an_event() public {
        VM.expectEmit();
        emit IDatanetRegistry.ChallengeBondSet(7);
        DatanetRegistry made = new DatanetRegistry(timelock, d.vault, 7);
        same(made.challengeBond(), 7, "bond");
        same(address(made.vault()), address(d.vault), "vault");
        same(made.timelock(), timelock, "timelock");
    }

    function test_a_registry_without_a_timelock_is_refused() public {
        refuse(abi.encodeWithSelector(Governed.ZeroAddress.selector));
        new DatanetRegistry(address(0), d.vault, 7);
    }

    function test_a_salt_makes_one_datanet_only() public {
        DatanetId datanet = makeDatanet("salt", 1, 1);
        refuse(abi.encodeWithSelector(IDatanetRegistry.IdTaken.selector, datanet));
        makeDatanet("salt", 1, 1);
    }

    function testFuzz_nobody_can_take_anothers_datanet_id(address other, bytes32 salt) public {
        VM.assume(other != OWNER && other != address(0));
        DatanetId mine = makeDatanet(salt, 1, 1);
        VM.prank(other);
        DatanetId theirs = d.datanets.createDatanet(salt, "other", LICENCE, "", 1, 1, validatorsUpTo(1));
        truth(DatanetId.unwrap(mine) != DatanetId.unwrap(theirs), "apart");
        same(DatanetId.unwrap(theirs), DatanetId.unwrap(datanetOf(other, salt)), "of its creator");
    }

    function test_a_transferred_datanet_keeps_its_id_taken() public {
        DatanetId datanet = makeDatanet("salt", 1, 1);
        VM.prank(OWNER);
        d.datanets.transferDatanet(datanet, STRANGER);
        refuse(abi.encodeWithSelector(IDatanetRegistry.IdTaken.selector, datanet));
        makeDatanet("salt", 1, 1);
    }

    function test_a_datanet_needs_a_name_and_a_licence() public {
        address[] memory validators = validatorsUpTo(1);
        refuse(abi.encodeWithSelector(IDatanetRegistry.NameEmpty.selector));
        d.datanets.createDatanet("salt", "", LICENCE, "uri", 1, 1, validators);
        refuse(abi.encodeWithSelector(IDatanetRegistry.NameEmpty.selector));
        d.datanets.createDatanet("salt", "name", "", "uri", 1, 1, validators);
        d.datanets.createDatanet("salt", "name", LICENCE, "", 1, 1, validators);
    }

    function test_a_datanet_needs_a_quorum_of_one_to_thirty_one_that_its_validators_reach() public {
        _refuseQuorum(0, 3);
        _refuseQuorum(4, 3);
        _refuseQuorum(1, 0);
        _refuseQuorum(32, 32);
        _refuseQuorum(type(uint16).max, 32);
        makeDatanet("exactly", 3, 3);
        makeDatanet("most", 31, 31);
        makeDatanet("many", 31, 40);
    }

    function _refuseQuorum(uint16 quorum, uint256 validators) private {
        refuse(abi.encodeWithSelector(IDatanetRegistry.QuorumInvalid.selector, quorum, validators));
        makeDatanet("salt", quorum, validators);
    }

    function test_validators_of_a_new_datanet_are_different_addresses() public {
        address[] memory validators = validatorsUpTo(3);
        validators[2] = validators[0];
        refuse(abi.encodeWithSelector(IDatanetRegistry.ValidatorUnchanged.selector, validators[0], true));
        d.datanets.createDatanet("salt", "name", LICENCE, "", 1, 1, validators);
        validators[2] = address(0);
        refuse(abi.encodeWithSelector(Governed.ZeroAddress.selector));
        d.datanets.createDatanet("salt", "name", LICENCE, "", 1, 1, validators);
    }

    function test_a_datanet_takes_at_least_one_item() public {
        refuse(abi.encodeWithSelector(IDatanetRegistry.ItemCountInvalid.selector, 0, 0));
        d.datanets.createDatanet("salt", "name", LICENCE, "", 0, 1, validatorsUpTo(1));
        DatanetId datanet = makeDatanet("salt", 1, 1);
        refuse(abi.encodeWithSelector(IDatanetRegistry.ItemCountInvalid.selector, 0, 0));
        VM.prank(OWNER);
        d.datanets.setItemsMax(datanet, 0);
    }

    // Ownership

    function test_a_transfer_moves_every_right_of_the_owner() public {
        DatanetId datanet = makeDatanet("salt", 1, 1);
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.DatanetTransferred(datanet, OWNER, STRANGER);
        VM.prank(OWNER);
        d.datanets.transferDatanet(datanet, STRANGER);
        _refuseOwner(datanet, OWNER);
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.LicenceSet(datanet, "MIT");
        VM.prank(STRANGER);
        d.datanets.setLicence(datanet, "MIT");
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.ItemsMaxSet(datanet, type(uint32).max);
        VM.prank(STRANGER);
        d.datanets.setItemsMax(datanet, type(uint32).max);
    }

    function test_a_datanet_goes_to_nobody() public {
        DatanetId datanet = makeDatanet("salt", 1, 1);
        refuse(abi.encodeWithSelector(Governed.ZeroAddress.selector));
        VM.prank(OWNER);
        d.datanets.transferDatanet(datanet, address(0));
    }

    function test_a_licence_says_something() public {
        DatanetId datanet = makeDatanet("salt", 1, 1);
        refuse(abi.encodeWithSelector(IDatanetRegistry.NameEmpty.selector));
        VM.prank(OWNER);
        d.datanets.setLicence(datanet, "");
    }

    function testFuzz_only_the_owner_changes_a_datanet(address caller) public {
        VM.assume(caller != OWNER);
        _refuseOwner(makeDatanet("salt", 1, 1), caller);
    }

    function testFuzz_nobody_owns_a_datanet_that_is_not_there(bytes32 id, address caller) public {
        VM.assume(caller != address(0));
        _refuseOwner(DatanetId.wrap(id), caller);
    }

    function _refuseOwner(DatanetId datanet, address caller) private {
        bytes memory reason = abi.encodeWithSelector(IDatanetRegistry.NotOwner.selector, datanet, caller);
        VM.startPrank(caller);
        refuse(reason);
        d.datanets.transferDatanet(datanet, caller);
        refuse(reason);
        d.datanets.setLicence(datanet, "MIT");
        refuse(reason);
        d.datanets.setItemsMax(datanet, 1);
        refuse(reason);
        d.datanets.publishVersion(datanet);
        VM.stopPrank();
    }

    // Validators

    function test_the_timelock_adds_and_ends_validators() public {
        DatanetId datanet = makeDatanet("salt", 1, 2);
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.ValidatorSet(datanet, validatorAt(7), true);
        _set(datanet, 7, true);
        truth(d.datanets.isValidator(datanet, validatorAt(7)), "added");
        VM.expectEmit(address(d.datanets));
        emit IDatanetRegistry.ValidatorSet(datanet, validatorAt(0), false);
        _set(datanet, 0, false);
        truth(!d.datanets.isValidator(datanet, validatorAt(0)), "ended");
    }

    function test_a_change_of_a_validator_changes_something() public {
        DatanetId datanet = makeDatanet("salt", 1, 2);
        refuse(abi.encodeWithSelector(IDatanetRegistry.ValidatorUnchanged.selector, validatorAt(0), true));
        _set(datanet, 0, true);
        refuse(abi.encodeWithSelector(IDatanetRegistry.ValidatorUnchanged.selector, validatorAt(9), false));
        _set(datanet, 9, false);
        VM.startPrank(timelock);
        refuse(abi.encodeWithSelector(Governed.ZeroAddress.selector));
        d.datanets.setValidator(datanet, address(0), true);
        DatanetId unknown = DatanetId.wrap("unknown");
        refuse(abi.encodeWithSelector(IDatanetRegistry.DatanetUnknown.selector, unknown));
        d.datanets.setValidator(unknown, STRANGER, true);
    }

    function testFuzz_validators_never_fall_below_the_quorum(uint256 quorum, uint256 spare) public {
        quorum = 1 + quorum % 31;
        spare %= 4;
        DatanetId datanet = makeDatanet("salt", uint16(quorum), quorum + spare);
        for (uint256 i = 0; i < spare; ++i) {
            _set(datanet, i, false);
        }
        refuse(abi.encodeWithSelector(IDatanetRegistry.QuorumInvalid.selector, quorum, quorum - 1));
        _set(datanet, spare, false);
        _set(datanet, 1000, true);
        _set(datanet, spare, false);
        refuse(abi.encodeWithSelector(IDatanetRegistry.QuorumInvalid.selector, quorum, quorum - 1));
        _set(datanet, 1000, false);
    }

    function testFuzz_only_the_timelock_sets_validators_and_the_bond(address caller) public {
        VM.assume(caller != timelock);
        DatanetId datanet = makeDatanet("salt", 1, 2);
        bytes memory reason = abi.encodeWithSelector(Governed.NotTimelock.selector, caller);
        VM.startPrank(caller);
        refuse(reason);
        d.datanets.setValidator(datanet, caller, true);
        refuse(reason);
        d.datanets.setValidator(datanet, validatorAt(0), false);
        refuse(reason);
        d.datanets.setChallengeBond(0);
    }

    function test_not_even_the_owner_sets_validators() public {
        DatanetId datanet = makeDatanet("salt", 1, 2);
        refuse(abi.encodeWithSelector(Governed.NotTimelock.selector, OWNER));
        VM.prank(OWNER);
        d.datanets.setValidator(datanet, OWNER, true);
    }

    function _set(DatanetId datanet, uint256 validator, bool active) private {
        VM.prank(timelock);
        d.datanets.setValidator(datanet, validatorAt(validator), active);
    }
}
