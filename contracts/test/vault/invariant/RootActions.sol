// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../../script/Vm.sol";
import {IVault} from "../../../src/interfaces/IVault.sol";
import {World} from "./World.sol";

/// @title Actions: roots, honest and not, and what the guardian, the timelock and anyone do about them
abstract contract RootActions is World {
    function proposeHonest(uint256 seed, uint256 growth) external action("honest asked") {
        _tryPropose(PROPOSER, seed, growth, true);
    }

    function proposeWrong(uint256 seed, uint256 growth) external action("wrong asked") {
        if (seed % 3 == 0) _tryTotal(seed);
        else _tryPropose(PROPOSER, seed, growth, honestOnly);
    }

    function proposeByAnyone(uint256 seed, uint256 growth) external action("liveness asked") {
        address account = stranger(seed);
        uint64 liveAt = d.vault.livenessAt();
        if (_mix(seed, "reach") % 2 == 0) _reach(liveAt);
        if (_pending() || _paused() || block.timestamp >= liveAt) {
            fund(account, LIVENESS_BOND);
            _tryPropose(account, seed, growth, honestOnly || seed % 3 != 0);
        } else {
            IVault.Root memory last = d.vault.finalRoot();
            _reach(d.vault.epochEnd(last.epoch + 1));
            (uint256 least, uint256 highest) = _range();
            if (block.timestamp >= liveAt || least > highest) return;
            VM.prank(account);
            _refuses(abi.encodeWithSelector(IVault.NotLive.selector, liveAt));
            d.vault.proposeRoot(last.epoch + 1, last.payoutRoot, MANIFEST, MANIFEST, last.total, BUNDLE);
        }
    }

    function finalize(uint256 seed, uint256) external action("finality asked") {
        IVault.Pending memory waiting = d.vault.pendingRoot();
        if (seed % 4 != 0) {
            _reach(waiting.readyAt);
            _reach(d.vault.pausedUntil());
        }
        if (_paused()) {
            _refuses(abi.encodeWithSelector(IVault.PausedNow.selector, d.vault.pausedUntil()));
        } else if (waiting.readyAt == 0) {
            _refuses(abi.encodeWithSelector(IVault.NoRootPending.selector));
        } else if (_disputed()) {
            _refuses(abi.encodeWithSelector(IVault.DisputeOpen.selector, d.vault.dispute().disputer));
        } else if (block.timestamp < waiting.readyAt) {
            _refuses(abi.encodeWithSelector(IVault.WindowOpen.selector, waiting.readyAt));
        } else {
            return _finalize(waiting);
        }
        d.vault.finalizeRoot(waiting.root.payoutRoot);
    }

    function dispute(uint256 seed, uint256) external action("dispute asked") {
        IVault.Pending memory waiting = d.vault.pendingRoot();
        address account = stranger(seed);
        fund(account, DISPUTE_BOND);
        address disputer = d.vault.dispute().disputer;
        VM.prank(account);
        if (waiting.readyAt == 0) {
            _refuses(abi.encodeWithSelector(IVault.NoRootPending.selector));
        } else if (disputer != address(0)) {
            _refuses(abi.encodeWithSelector(IVault.DisputeOpen.selector, disputer));
        } else if (block.timestamp >= waiting.readyAt) {
            _refuses(abi.encodeWithSelector(IVault.WindowClosed.selector, waiting.readyAt));
        } else if (waiting.disputes == 3) {
            _refuses(abi.encodeWithSelector(IVault.DisputesExhausted.selector, 3));
        } else {
            ++count["disputed"];
        }
        d.vault.disputeRoot(waiting.root.payoutRoot, EVIDENCE);
    }

    function resolve(uint256 seed, uint256) external action("ruling asked") {
        if (!_disputed()) {
            bytes4 error = _pending() ? IVault.NoDispute.selector : IVault.NoRootPending.selector;
            bytes32 root = d.vault.pendingRoot().root.payoutRoot;
            VM.prank(timelock);
            _refuses(abi.encodeWithSelector(error));
            d.vault.resolveDispute(root, address(0), true);
            return;
        }
        bool upheld = _mix(seed, "ruling") % 2 == 0;
        IVault.Pending memory waiting = d.vault.pendingRoot();
        IVault.Dispute memory open = d.vault.dispute();
        uint256 lost = upheld ? waiting.bond : open.bond;
        VM.prank(timelock);
        d.vault.resolveDispute(waiting.root.payoutRoot, open.disputer, upheld);
        inflows += lost;
        if (upheld) _dropped();
        ++count[upheld ? "upheld" : "rejected"];
    }

    function lapse(uint256 seed, uint256) external action("lapse asked") {
        IVault.Dispute memory open = d.vault.dispute();
        if (seed % 3 != 0) _reach(open.lapsesAt);
        if (open.disputer == address(0)) {
            _refuses(abi.encodeWithSelector(IVault.NoDispute.selector));
        } else if (block.timestamp < open.lapsesAt) {
            _refuses(abi.encodeWithSelector(IVault.RulingOpen.selector, open.lapsesAt));
        } else {
            bool byAnyone = d.vault.pendingRoot().byAnyone;
            d.vault.lapseDispute();
            if (byAnyone) _dropped();
            ++count["lapsed"];
            return;
        }
        d.vault.lapseDispute();
    }

    function cancel(uint256 seed, uint256) external action("cancel asked") {
        IVault.Pending memory waiting = d.vault.pendingRoot();
        address by = seed % 2 == 0 ? GUARDIAN : timelock;
        bool refused_ = waiting.readyAt == 0 || (waiting.byAnyone && by == GUARDIAN);
        VM.prank(by);
        if (waiting.readyAt == 0) _refuses(abi.encodeWithSelector(IVault.NoRootPending.selector));
        else if (refused_) _refuses(abi.encodeWithSelector(IVault.TimelockOnly.selector, GUARDIAN));
        d.vault.cancelRoot(waiting.root.payoutRoot);
        if (refused_) return;
        inflows += waiting.bond;
        _dropped();
        ++count["cancelled"];
    }

    function pauseAll(uint256 seed, uint256) external action("pause asked") {
        uint256 possibleAt = _pausePossibleAt();
        if (seed % 4 == 0) _reach(possibleAt);
        VM.prank(GUARDIAN);
        if (block.timestamp < possibleAt) {
            _refuses(abi.encodeWithSelector(IVault.PauseTooSoon.selector, possibleAt));
        } else {
            ++count["paused"];
        }
        d.vault.pause();
    }

    function revoke(uint256 seed, uint256 loss) external action("revocation asked") {
        bytes32 root = d.vault.finalRoot().payoutRoot;
        if (!_paused() && (_mix(seed, "pause") % 2 == 0 || block.timestamp >= _pausePossibleAt())) {
            _reach(_pausePossibleAt());
            VM.prank(GUARDIAN);
            d.vault.pause();
        }
        bool revocable = count["finalised"] != count["revoked"] && count["since revocation"] != 0;
        if (_paused() && revocable) return _revoke(root, seed, loss);
        bytes4 error = _paused() ? IVault.NothingToRevoke.selector : IVault.NotPaused.selector;
        VM.prank(timelock);
        _refuses(abi.encodeWithSelector(error));
        d.vault.revokeRoot(root, 0);
    }

    /// @dev Bonds stay: an action with another bond would only fund otherwise.
    function setCap(uint256 seed, uint256 cap) external action("cap set") {
        cap = seed % 4 != 0 ? CAP : _between(cap, 0, 100_000 ether);
        VM.prank(timelock);
        d.vault.setParameters(IVault.Parameters(cap, DISPUTE_BOND, LIVENESS_BOND));
    }

    function _tryPropose(address by, uint256 seed, uint256 growth, bool honest) private {
        IVault.Root memory last = d.vault.finalRoot();
        _reach(d.vault.epochEnd(last.epoch + 1));
        if (_pending() || _paused()) {
            bytes memory error = _paused()
                ? abi.encodeWithSelector(IVault.PausedNow.selector, d.vault.pausedUntil())
                : abi.encodeWithSelector(IVault.RootPending.selector, trees[pendingTree].root);
            VM.prank(by);
            _refuses(error);
            d.vault.proposeRoot(last.epoch + 1, last.payoutRoot, MANIFEST, MANIFEST, last.total, BUNDLE);
            return;
        }
        uint256 tree = honest ? _honestTree(seed, growth) : _wrongTree(seed, growth);
        if (tree == 0) return;
        VM.prank(by);
        d.vault.proposeRoot(last.epoch + 1, last.payoutRoot, trees[tree].root, MANIFEST, trees[tree].total, BUNDLE);
        pendingTree = tree;
        ++count[by == PROPOSER ? (honest ? "honest proposed" : "wrong proposed") : "proposed by anyone"];
    }

    /// @dev A total that falls, or is not covered, or grows too fast, never waits.
    function _tryTotal(uint256 seed) private {
        if (_pending() || _paused()) return;
        IVault.Root memory last = d.vault.finalRoot();
        _reach(d.vault.epochEnd(last.epoch + 1));
        (uint256 least, uint256 highest) = _range();
        uint256 total = _mix(seed, "high") % 2 == 0 || least == 0 ? highest + 1 : least - 1;
        if (highest >= least && total >= least && total <= highest) return;
        VM.prank(PROPOSER);
        _refuses(abi.encodeWithSelector(IVault.TotalInvalid.selector, total, least, highest));
        d.vault.proposeRoot(last.epoch + 1, last.payoutRoot, MANIFEST, MANIFEST, total, BUNDLE);
        ++count["total refused"];
    }

    /// @dev The ledger, grown so that it adds up to a total that may be proposed.
    function _honestTree(uint256 seed, uint256 growth) internal returns (uint256) {
        (uint256 least, uint256 highest) = _range();
        uint256[PEOPLE] memory owed = ledger;
        uint256 sum = _sum(owed);
        uint256 base = sum > least ? sum : least;
        if (base > highest) {
            ++count["no honest total"];
            return 0;
        }
        uint256 total = _between(_mix(growth, "growth"), base, highest);
        uint256 part = bounded(_mix(seed, "part"), 0, total - sum);
        owed[_mix(seed, "first") % PEOPLE] += part;
        owed[_mix(seed, "second") % PEOPLE] += total - sum - part;
        return total == 0 ? 0 : _newTree(owed, total, true);
    }

    /// @dev Leaves that nobody is owed, or less than somebody is owed; the total is one that passes.
    function _wrongTree(uint256 seed, uint256 growth) internal returns (uint256) {
        (uint256 least, uint256 highest) = _range();
        if (least > highest) return 0;
        uint256[PEOPLE] memory owed = ledger;
        uint256 thief = _mix(seed, "thief") % PEOPLE;
        uint256 victim = _mix(seed, "victim") % PEOPLE;
        owed[victim] = bounded(_mix(seed, "rest"), 0, owed[victim]);
        owed[thief] += bounded(_mix(growth, "theft"), 1, 2 * highest + 1);
        return _newTree(owed, _between(_mix(growth, "growth"), least, highest), false);
    }

    function _newTree(uint256[PEOPLE] memory owed, uint256 total, bool honest) internal returns (uint256) {
        (bytes32[] memory leaves,) = _leaves(owed);
        trees.push(Tree(rootOf(leaves), total, owed, honest));
        return trees.length - 1;
    }

    function _finalize(IVault.Pending memory waiting) internal {
        uint256 claimedTotal = d.vault.claimedTotal();
        VM.prank(stranger(waiting.readyAt));
        d.vault.finalizeRoot(waiting.root.payoutRoot);
        claimedAtFinal = claimedTotal;
        (beforeTree, finalTree) = (finalTree, pendingTree);
        Tree memory tree = trees[finalTree];
        same(d.vault.finalRoot().payoutRoot, tree.root, "the root that waited is final");
        same(d.vault.finalRoot().total, tree.total, "with its total");
        _dropped();
        for (uint256 i = 0; i < PEOPLE; ++i) {
            if (tree.owed[i] > ceiling[i]) ceiling[i] = tree.owed[i];
            if (tree.honest) ledger[i] = tree.owed[i];
        }
        ++count["finalised"];
        ++count["since revocation"];
    }

    /// @dev With the loss that governance should find, or without one, or with any that the vault takes.
    function _revoke(bytes32 root, uint256 seed, uint256 loss) internal {
        uint256 under = d.vault.claimedTotal() - claimedAtFinal;
        uint256 over = _overpaid(ledger);
        uint256 right = over > d.vault.lost() ? over - d.vault.lost() : 0;
        uint256 kind = honestOnly ? 0 : _mix(seed, "loss") % 4;
        loss = kind < 2 ? (right < under ? right : under) : (kind == 2 ? 0 : bounded(loss, 0, under));
        VM.prank(timelock);
        _refuses(abi.encodeWithSelector(IVault.LossInvalid.selector, under + 1, under));
        d.vault.revokeRoot(root, under + 1);
        VM.prank(timelock);
        d.vault.revokeRoot(root, loss);
        losses += loss;
        claimedAtRevocation = d.vault.claimedTotal();
        finalTree = beforeTree;
        same(d.vault.finalRoot().payoutRoot, trees[finalTree].root, "the root before is final");
        same(d.vault.finalRoot().total, trees[finalTree].total, "with its total");
        _dropped();
        count["since revocation"] = 0;
        ++count["revoked"];
        if (loss != 0) ++count["revoked with a loss"];
    }
}
