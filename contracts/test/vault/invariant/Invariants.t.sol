// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Vault} from "../../../src/Vault.sol";
import {Fixture} from "../../Fixture.sol";
import {Handler} from "./Handler.sol";

/// @dev What forge reads: which functions of which contract it calls.
struct FuzzSelector {
    address addr;
    bytes4[] selectors;
}

/// @title What holds after every action of anybody, in any order
abstract contract Invariants is Fixture {
    Handler internal handler;
    Vault internal vault;

    function setUp() public override {
        super.setUp();
        handler = _handler();
        vault = handler.vault();
    }

    function targetContracts() external view returns (address[] memory contracts) {
        contracts = new address[](1);
        contracts[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory selectors) {
        selectors = new FuzzSelector[](1);
        selectors[0] = FuzzSelector(address(handler), handler.actions());
    }

    function invariant_every_token_is_accounted_for_and_none_is_paid_that_did_not_come_in() public view {
        uint256 books = vault.received() - vault.claimedTotal() + vault.bonds();
        same(handler.vaultBalance(), books + handler.donated(), "balance");
        same(vault.received(), handler.inflows(), "what came in");
        same(vault.claimedTotal(), handler.paidOut(), "what was paid");
        same(vault.lost(), handler.losses(), "what was lost");
        truth(vault.claimedTotal() <= vault.received(), "claimed is at most what came in");
        uint256 most = handler.most();
        uint256 before = handler.claimedAtRevocation();
        truth(vault.claimedTotal() <= (most > before ? most : before), "claimed is at most the total and the loss");
    }

    function invariant_bonds_are_what_open_disputes_and_pending_roots_hold() public view {
        same(vault.bonds(), vault.pendingRoot().bond + vault.dispute().bond, "bonds");
        bool waits = vault.pendingRoot().readyAt != 0;
        truth(waits || vault.dispute().disputer == address(0), "no dispute without a root");
        truth(waits == (handler.pendingTree() != 0), "what waits is what was proposed last");
        truth(handler.solvent() || (!waits && vault.bonds() == 0), "no bond is held while money is missing");
    }

    function invariant_what_an_honest_root_promises_is_there() public view {
        _checkStory();
        if (!_coverageIsDue()) return;
        truth(handler.claimable() <= vault.received() - vault.claimedTotal(), "covered");
    }

    function _handler() internal virtual returns (Handler);

    function _coverageIsDue() internal view virtual returns (bool);

    function _checkStory() internal view virtual;
}

/// @title With wrong trees and wrong losses
/// forge-config: default.invariant.fail-on-revert = true
contract RogueInvariantsTest is Invariants {
    function afterInvariant() public {
        handler.end();
    }

    function _handler() internal override returns (Handler) {
        return new Handler(false);
    }

    /// @dev If the timelock named what was stolen, and no more was stolen than was unspent.
    function _coverageIsDue() internal view override returns (bool) {
        return handler.finalIsHonest() && handler.solvent() && handler.overpaid() <= vault.lost();
    }

    /// @dev Once losses are named, all can claim: no claim stands in another's way.
    function _checkStory() internal view override {
        if (!_coverageIsDue()) return;
        truth(handler.claimable() + vault.claimedTotal() <= handler.most(), "the total suffices");
    }
}

/// @title With honest trees, and everybody else as they please
/// forge-config: default.invariant.fail-on-revert = true
contract HonestInvariantsTest is Invariants {
    function afterInvariant() public {
        (uint256 topUp, uint256 raised) = handler.end();
        same(topUp, 0, "no honest story needs a rescue");
        same(raised, 0, "or a loss");
    }

    function _handler() internal override returns (Handler) {
        return new Handler(true);
    }

    function _coverageIsDue() internal pure override returns (bool) {
        return true;
    }

    function _checkStory() internal view override {
        same(vault.lost(), 0, "lost");
        truth(handler.solvent(), "solvent");
    }
}

/// @title That the actions reach what they are for
contract HandlerTest is Fixture {
    function setUp() public override {}

    function test_the_actions_reach_everything() public {
        Handler handler = new Handler(false);
        _run(handler, 3000);
        string[26] memory reached = [
            "paid",
            "nothing due",
            "batches paid",
            "finalised",
            "settled",
            "honest proposed",
            "wrong proposed",
            "proposed by anyone",
            "total refused",
            "disputed",
            "upheld",
            "rejected",
            "lapsed",
            "cancelled",
            "paused",
            "revoked",
            "revoked with a loss",
            "total exceeded",
            "wrong claim refused",
            "theft refused",
            "recovered",
            "recovery called off",
            "unstake asked",
            "slashed",
            "donated",
            "no honest total"
        ];
        for (uint256 i = 0; i < reached.length; ++i) {
            truth(handler.count(reached[i]) > 0, reached[i]);
        }
    }

    function test_the_honest_actions_pay() public {
        Handler handler = new Handler(true);
        _run(handler, 2000);
        truth(handler.count("paid") > 30, "claims");
        truth(handler.count("finalised") > 60, "roots");
        truth(handler.count("wrong proposed") == 0, "nothing wrong");
    }

    function _run(Handler handler, uint256 steps) internal {
        bytes4[] memory actions = handler.actions();
        for (uint256 i = 0; i < steps; ++i) {
            bytes4 selector = actions[_random(i, 0) % actions.length];
            (bool done, bytes memory answer) =
                address(handler).call(abi.encodeWithSelector(selector, _random(i, 1), _random(i, 2)));
            if (!done) {
                assembly ("memory-safe") {
                    revert(add(answer, 32), mload(answer))
                }
            }
        }
    }

    function _random(uint256 step, uint256 salt) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(step, salt)));
    }
}
