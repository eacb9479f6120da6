// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../../script/Vm.sol";
import {IVault} from "../../../src/interfaces/IVault.sol";
import {Vault} from "../../../src/Vault.sol";
import {ClaimActions} from "./ClaimActions.sol";
import {MoneyActions} from "./MoneyActions.sol";
import {RootActions} from "./RootActions.sol";
import {World} from "./World.sol";

/// @title All actions, and how every story can end
/// @notice No action may fail: each one says what the vault must answer, success or the exact refusal.
contract Handler is MoneyActions, RootActions, ClaimActions {
    constructor(bool honestOnly_) World(honestOnly_) {}

    function vault() external view returns (Vault) {
        return d.vault;
    }

    /// @notice What is called; what moves roots along and pays comes more often.
    function actions() external pure returns (bytes4[] memory selectors) {
        bytes4[22] memory once = [
            this.heist.selector,
            this.requestRefund.selector,
            this.stake.selector,
            this.startUnstake.selector,
            this.requestUnstake.selector,
            this.slash.selector,
            this.incentive.selector,
            this.training.selector,
            this.forfeit.selector,
            this.donate.selector,
            this.pass.selector,
            this.revoke.selector,
            this.proposeByAnyone.selector,
            this.lapse.selector,
            this.cancel.selector,
            this.pauseAll.selector,
            this.setCap.selector,
            this.claimWrong.selector,
            this.claimForAnother.selector,
            this.setPush.selector,
            this.setRecipient.selector,
            this.startRecovery.selector
        ];
        bytes4[10] memory often = [
            this.dispute.selector,
            this.deposit.selector,
            this.proposeWrong.selector,
            this.finalize.selector,
            this.resolve.selector,
            this.proposeHonest.selector,
            this.claim.selector,
            this.claimBatch.selector,
            this.endRecovery.selector,
            this.claimAll.selector
        ];
        uint256 settles = 6;
        selectors = new bytes4[](once.length + 2 * often.length + settles);
        for (uint256 i = 0; i < selectors.length; ++i) {
            if (i < once.length) selectors[i] = once[i];
            else if (i < selectors.length - settles) selectors[i] = often[(i - once.length) / 2];
            else selectors[i] = this.settle.selector;
        }
    }

    /// @notice A night without trouble: an honest root, final after its window.
    function settle(uint256 seed, uint256 growth) external action("settle asked") {
        if (_pending()) return;
        _reach(d.vault.pausedUntil());
        _setCap(CAP);
        _settle(_honestTree(seed, growth));
    }

    /// @notice A night that went wrong: nobody disputes a wrong root, the thief claims, and then it is revoked.
    function heist(uint256 seed, uint256 growth) external action("heist asked") {
        if (_pending() || honestOnly) return;
        _reach(d.vault.pausedUntil());
        uint256 tree = _wrongTree(seed, growth);
        if (tree == 0) return;
        _settle(tree);
        for (uint256 i = 0; i < PEOPLE; ++i) {
            if (seed % 2 == 0 || trees[tree].owed[i] > ledger[i]) _claim(person(i), i);
        }
        _reach(_pausePossibleAt());
        VM.prank(GUARDIAN);
        d.vault.pause();
        _revoke(trees[tree].root, seed, growth);
        ++count["heists"];
    }

    /// @notice Everybody asks.
    function claimAll(uint256 seed, uint256) external action("all asked") {
        if (finalTree == 0) return;
        for (uint256 k = 0; k < PEOPLE; ++k) {
            uint256 i = (seed % PEOPLE + k) % PEOPLE;
            _claim(person(i), i);
        }
    }

    /// @notice From wherever the story is: an honest timelock, an honest root, and everybody gets what they are owed.
    /// @return topUp what had to be deposited first, because more was lost than was unspent
    /// @return raised by how much the total had to exceed the leaves, because the timelock named too small a loss
    function end() external returns (uint256 topUp, uint256 raised) {
        if (_pending()) {
            bytes32 waiting = d.vault.pendingRoot().root.payoutRoot;
            VM.prank(timelock);
            d.vault.cancelRoot(waiting);
        }
        _setCap(type(uint256).max);
        _reach(d.vault.pausedUntil());
        uint256[PEOPLE] memory owed = ledger;
        uint256 sum = _sum(owed);
        uint256 least = d.vault.finalRoot().total;
        if (sum < least) owed[0] += least - sum;
        uint256 leaves = _sum(owed);
        if (leaves == 0) return (0, 0);
        uint256 lost = d.vault.lost();
        uint256 over = _overpaid(owed);
        raised = over > lost ? over - lost : 0;
        if (leaves + raised + lost > d.vault.received()) {
            topUp = leaves + raised + lost - d.vault.received();
            inflow(topUp);
        }
        _settle(_newTree(owed, leaves + raised, true));
        same(d.vault.finalRoot().total, leaves + raised, "an honest root is final");
        _everybodyGets(owed);
    }

    function _settle(uint256 tree) private {
        if (tree == 0) return;
        IVault.Root memory last = d.vault.finalRoot();
        _reach(d.vault.epochEnd(last.epoch + 1));
        VM.prank(PROPOSER);
        d.vault.proposeRoot(last.epoch + 1, last.payoutRoot, trees[tree].root, MANIFEST, trees[tree].total, BUNDLE);
        pendingTree = tree;
        _reach(d.vault.pendingRoot().readyAt);
        _finalize(d.vault.pendingRoot());
        ++count["settled"];
    }

    function _setCap(uint256 cap) private {
        VM.prank(timelock);
        d.vault.setParameters(IVault.Parameters(cap, DISPUTE_BOND, LIVENESS_BOND));
    }

    function _everybodyGets(uint256[PEOPLE] memory owed) private {
        for (uint256 i = 0; i < PEOPLE; ++i) {
            if (owed[i] == 0) continue;
            if (_recoveryAt(i) != 0) {
                VM.prank(person(i));
                d.vault.cancelRecovery();
                recoveryAt[person(i)] = 0;
            }
            uint256 claimed = d.vault.claimed(person(i));
            uint256 due = owed[i] > claimed ? owed[i] - claimed : 0;
            bytes32[] memory proof = _proof(finalTree, i);
            VM.prank(person(i));
            same(d.vault.claim(person(i), owed[i], proof), due, "everybody gets what they are owed");
        }
    }
}
