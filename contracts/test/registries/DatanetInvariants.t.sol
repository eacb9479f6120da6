// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM, Vm} from "../../script/Vm.sol";
import {IDatanetRegistry} from "../../src/interfaces/IDatanetRegistry.sol";
import {DatanetId} from "../../src/types.sol";
import {Fixture} from "../Fixture.sol";
import {DatanetHandler} from "./DatanetHandler.sol";
import {NaiveTree} from "./NaiveTree.sol";

/// @title What holds for datanets after any sequence of calls of any actors
contract DatanetInvariantsTest is Fixture {
    DatanetHandler private _handler;

    /// @notice Only the handler is called (forge reads this).
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function setUp() public override {
        super.setUp();
        _handler = new DatanetHandler(d.datanets);
        for (uint256 i = 0; i < _handler.CHALLENGERS(); ++i) {
            address challenger = _handler.challenger(i);
            fund(challenger, 1_000_000 ether);
            VM.prank(challenger);
            d.token.approve(address(d.datanets), type(uint256).max);
        }
    }

    /// forge-config: default.invariant.runs = 100
    /// forge-config: default.invariant.depth = 160
    function invariant_datanets_stay_true() public {
        _holds();
    }

    /// @dev The invariants are worth something only if the walks get anywhere.
    function test_a_long_walk_enters_every_state_and_breaks_nothing() public {
        uint256 complete = 0;
        for (uint256 i = 0; i < 1500; ++i) {
            uint256 draw = uint256(keccak256(abi.encode("walk", i)));
            _step(draw % 12, draw >> 8, draw >> 64, draw >> 128);
            if (i % 25 == 0) complete += _holds();
        }
        for (uint256 state = 1; state < 6; ++state) {
            truth(_handler.entered(state) != 0, "every state was entered");
        }
        truth(_handler.rebuilds() > 10, "rebuilds");
        truth(_handler.forfeited() != 0, "bonds were lost");
        truth(complete > 20, "trees were complete");
    }

    function _step(uint256 action, uint256 a, uint256 b, uint256 c) private {
        if (action < 2) _handler.show(a, b);
        else if (action < 6) _handler.vote(a, b, c % 4 != 0);
        else if (action == 6) _handler.withdraw(a, b % 8 == 0);
        else if (action == 7) _handler.challenge(a, b);
        else if (action == 8) _handler.resolve(a, b % 2 == 0, c);
        else if (action == 9) _handler.rebuild(a, b);
        else if (action == 10) _handler.setValidator(a, b, c % 2 == 0);
        else _handler.setBond(a);
    }

    function _holds() private returns (uint256 complete) {
        if (_handler.surprises() != 0) revert Untrue(_handler.lastSurprise());
        same(d.token.balanceOf(address(d.datanets)), _handler.openBonds(), "the registry holds the open bonds only");
        same(d.vault.received(), _handler.forfeited(), "what was lost is inflow");
        same(d.token.balanceOf(address(d.vault)), _handler.forfeited(), "and in the vault");
        return _publishes(0) + _publishes(1);
    }

    /// @dev A version is published in a state that is thrown away; it shows the tree's root, or why there is none.
    function _publishes(uint256 net) private returns (uint256) {
        DatanetId datanet = _handler.datanets(net);
        (bytes32[] memory leaves, uint256 accepted) = _handler.leavesOf(net);
        uint256 before = VM.snapshotState();
        VM.recordLogs();
        VM.prank(_handler.owner());
        (bool ok, bytes memory answer) =
            address(d.datanets).call(abi.encodeCall(IDatanetRegistry.publishVersion, (datanet)));
        if (!ok) {
            (uint256 done, uint256 of_) = _notReady(datanet, answer);
            VM.revertToState(before);
            same(of_, accepted, "accepted");
            truth(done < accepted || leaves.length == 0, "only an unfinished or an empty tree is not published");
            return 0;
        }
        Vm.Log[] memory logs = VM.getRecordedLogs();
        VM.revertToState(before);
        truth(logs.length == 1 && logs[0].topics[0] == IDatanetRegistry.DatanetVersionPublished.selector, "one version");
        (, bytes32 root, uint32 count) = abi.decode(logs[0].data, (uint32, bytes32, uint32));
        same(count, leaves.length, "contributions");
        same(root, NaiveTree.rootOf(leaves), "root");
        return 1;
    }

    function _notReady(DatanetId datanet, bytes memory answer) private pure returns (uint256 done, uint256 accepted) {
        truth(answer.length == 100, "VersionNotReady");
        bytes32 id;
        assembly ("memory-safe") {
            id := mload(add(answer, 36))
            done := mload(add(answer, 68))
            accepted := mload(add(answer, 100))
        }
        truth(bytes4(answer) == IDatanetRegistry.VersionNotReady.selector, "VersionNotReady");
        same(id, DatanetId.unwrap(datanet), "datanet");
    }
}
