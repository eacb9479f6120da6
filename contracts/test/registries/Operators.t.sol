// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../script/Vm.sol";
import {Governed} from "../../src/Governed.sol";
import {OperatorRegistry} from "../../src/OperatorRegistry.sol";
import {IOperatorRegistry} from "../../src/interfaces/IOperatorRegistry.sol";
import {Registries} from "./Registries.sol";

/// @title Operators and their signing keys
contract OperatorsTest is Registries {
    address private constant OPERATOR = address(0x09E7);
    address private constant KEY = address(0x5169);

    function test_an_operator_registers_and_adds_and_revokes_keys() public {
        truth(!d.operators.isActive(OPERATOR), "not yet");
        VM.expectEmit(address(d.operators));
        emit IOperatorRegistry.OperatorRegistered(OPERATOR, "name", "https://node");
        _register(OPERATOR);
        truth(d.operators.isActive(OPERATOR), "active");
        VM.startPrank(OPERATOR);
        VM.expectEmit(address(d.operators));
        emit IOperatorRegistry.SigningKeyAdded(OPERATOR, KEY);
        d.operators.addSigningKey(KEY);
        truth(d.operators.isSigningKey(OPERATOR, KEY), "signs");
        VM.expectEmit(address(d.operators));
        emit IOperatorRegistry.SigningKeyRevoked(OPERATOR, KEY);
        d.operators.revokeSigningKey(KEY);
        truth(!d.operators.isSigningKey(OPERATOR, KEY), "signs no more");
        d.operators.addSigningKey(KEY);
        truth(d.operators.isSigningKey(OPERATOR, KEY), "a key can come back");
    }

    function test_a_registry_without_a_timelock_is_refused() public {
        refuse(abi.encodeWithSelector(Governed.ZeroAddress.selector));
        new OperatorRegistry(address(0));
    }

    function test_an_operator_registers_once_and_has_a_name() public {
        refuse(abi.encodeWithSelector(IOperatorRegistry.NameEmpty.selector));
        VM.prank(OPERATOR);
        d.operators.register("", "uri");
        _register(OPERATOR);
        refuse(abi.encodeWithSelector(IOperatorRegistry.OperatorKnown.selector, OPERATOR));
        _register(OPERATOR);
    }

    function test_a_revoked_operator_does_not_come_back() public {
        _register(OPERATOR);
        VM.startPrank(OPERATOR);
        d.operators.addSigningKey(KEY);
        VM.expectEmit(address(d.operators));
        emit IOperatorRegistry.OperatorRevoked(OPERATOR);
        d.operators.revoke(OPERATOR);
        truth(!d.operators.isActive(OPERATOR), "ended");
        refuse(abi.encodeWithSelector(IOperatorRegistry.OperatorKnown.selector, OPERATOR));
        d.operators.register("name", "uri");
        refuse(abi.encodeWithSelector(IOperatorRegistry.OperatorNotActive.selector, OPERATOR));
        d.operators.addSigningKey(address(0x1234));
        refuse(abi.encodeWithSelector(IOperatorRegistry.OperatorNotActive.selector, OPERATOR));
        d.operators.revoke(OPERATOR);
        d.operators.revokeSigningKey(KEY);
        truth(!d.operators.isSigningKey(OPERATOR, KEY), "its keys can still be revoked");
    }

    function test_the_timelock_revokes_an_operator() public {
        _register(OPERATOR);
        VM.expectEmit(address(d.operators));
        emit IOperatorRegistry.OperatorRevoked(OPERATOR);
        VM.prank(timelock);
        d.operators.revoke(OPERATOR);
        truth(!d.operators.isActive(OPERATOR), "ended");
    }

    function testFuzz_nobody_else_revokes_an_operator(address caller) public {
        VM.assume(caller != OPERATOR && caller != timelock);
        _register(OPERATOR);
        refuse(abi.encodeWithSelector(Governed.NotTimelock.selector, caller));
        VM.prank(caller);
        d.operators.revoke(OPERATOR);
    }

    function testFuzz_who_never_registered_is_not_revoked(address operator) public {
        VM.prank(operator);
        refuse(abi.encodeWithSelector(IOperatorRegistry.OperatorNotActive.selector, operator));
        d.operators.revoke(operator);
        VM.prank(timelock);
        refuse(abi.encodeWithSelector(IOperatorRegistry.OperatorNotActive.selector, operator));
        d.operators.revoke(operator);
    }

    function testFuzz_only_operators_add_keys(address caller, address key) public {
        VM.startPrank(caller);
        refuse(abi.encodeWithSelector(IOperatorRegistry.OperatorNotActive.selector, caller));
        d.operators.addSigningKey(key);
        refuse(abi.encodeWithSelector(IOperatorRegistry.SigningKeyUnknown.selector, key));
        d.operators.revokeSigningKey(key);
    }

    function test_a_key_is_somebody_added_once_and_revoked_once() public {
        _register(OPERATOR);
        VM.startPrank(OPERATOR);
        refuse(abi.encodeWithSelector(Governed.ZeroAddress.selector));
        d.operators.addSigningKey(address(0));
        d.operators.addSigningKey(KEY);
        refuse(abi.encodeWithSelector(IOperatorRegistry.SigningKeyKnown.selector, KEY));
        d.operators.addSigningKey(KEY);
        d.operators.revokeSigningKey(KEY);
        refuse(abi.encodeWithSelector(IOperatorRegistry.SigningKeyUnknown.selector, KEY));
        d.operators.revokeSigningKey(KEY);
    }

    function testFuzz_a_key_signs_for_its_operator_only(address other, address key) public {
        VM.assume(other != OPERATOR && key != address(0));
        _register(OPERATOR);
        _register(other);
        VM.prank(OPERATOR);
        d.operators.addSigningKey(key);
        truth(d.operators.isSigningKey(OPERATOR, key), "its operator's");
        truth(!d.operators.isSigningKey(other, key), "not another's");
        VM.startPrank(other);
        refuse(abi.encodeWithSelector(IOperatorRegistry.SigningKeyUnknown.selector, key));
        d.operators.revokeSigningKey(key);
    }

    function _register(address operator) private {
        VM.prank(operator);
        d.operators.register("name", "https://node");
    }
}
