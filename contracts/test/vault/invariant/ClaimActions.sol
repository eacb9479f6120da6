// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {VM} from "../../../script/Vm.sol";
import {IVault} from "../../../src/interfaces/IVault.sol";
import {World} from "./World.sol";

/// @title Actions: claims right and wrong, recipients, recoveries
abstract contract ClaimActions is World {
    /// @dev When each recovery may end; the vault does not say.
    mapping(address account => uint256) internal recoveryAt;

    function claim(uint256 seed, uint256 by) external action("claim asked") {
        uint256 i = seed % PEOPLE;
        if (_mix(seed, "unpause") % 2 == 0) _reach(d.vault.pausedUntil());
        address caller = person(i);
        if (by % 3 == 1) caller = d.vault.recipientOf(person(i));
        if (by % 3 == 2 && d.vault.allowsPush(person(i))) caller = stranger(by);
        _claim(caller, i);
    }

    /// @dev Proofs of trees that are not final, amounts that no leaf says, others' leaves.
    function claimWrong(uint256 seed, uint256 amount) external action("wrong claim refused") {
        uint256 i = seed % PEOPLE;
        if (finalTree == 0 || _paused() || _recoveryAt(i) != 0) return;
        uint256 tree = 1 + _mix(seed, "tree") % (trees.length - 1);
        uint256 owed = trees[tree].owed[i];
        bytes32[] memory proof = owed == 0 ? new bytes32[](0) : _proof(tree, i);
        uint256 kind = _mix(seed, "kind") % 3;
        if (kind == 1) owed = _mix(amount, "other");
        bool right = trees[tree].root == trees[finalTree].root && owed == trees[finalTree].owed[i] && owed != 0;
        address account = person(i);
        if (kind == 2) {
            uint256 other = (i + 1 + _mix(seed, "thief") % (PEOPLE - 1)) % PEOPLE;
            if (_recoveryAt(other) != 0) return;
            account = person(other);
            right = false;
        }
        if (right) return;
        VM.prank(account);
        _refuses(abi.encodeWithSelector(IVault.ProofInvalid.selector, account, owed));
        d.vault.claim(account, owed, proof);
    }

    function claimForAnother(uint256 seed, uint256) external action("theft refused") {
        uint256 i = seed % PEOPLE;
        if (finalTree == 0 || _paused() || _recoveryAt(i) != 0 || trees[finalTree].owed[i] == 0) return;
        if (d.vault.allowsPush(person(i))) return;
        bytes32[] memory proof = _proof(finalTree, i);
        VM.prank(MALLORY);
        _refuses(abi.encodeWithSelector(IVault.ClaimNotAllowed.selector, person(i), MALLORY));
        d.vault.claim(person(i), trees[finalTree].owed[i], proof);
    }

    /// @dev Everybody who allows it and can be paid, at once.
    function claimBatch(uint256 seed, uint256) external action("batch asked") {
        if (finalTree == 0 || _paused()) return;
        IVault.ClaimItem[] memory items = new IVault.ClaimItem[](PEOPLE);
        uint256[PEOPLE] memory owed = trees[finalTree].owed;
        uint256 size = 0;
        uint256 sum = 0;
        uint256 room = most() > d.vault.claimedTotal() ? most() - d.vault.claimedTotal() : 0;
        uint256 held = d.token.balanceOf(address(d.vault));
        if (held < room) room = held;
        for (uint256 i = 0; i < PEOPLE; ++i) {
            uint256 claimed = d.vault.claimed(person(i));
            uint256 due = owed[i] > claimed ? owed[i] - claimed : 0;
            if (owed[i] == 0 || !d.vault.allowsPush(person(i)) || _recoveryAt(i) != 0 || sum + due > room) continue;
            sum += due;
            items[size++] = IVault.ClaimItem(person(i), owed[i], _proof(finalTree, i));
        }
        assembly ("memory-safe") {
            mstore(items, size)
        }
        VM.prank(stranger(seed));
        same(d.vault.claimBatch(items), sum, "a batch pays what is due");
        paidOut += sum;
        if (sum != 0) ++count["batches paid"];
    }

    function setPush(uint256 seed, uint256 allowed) external action("push set") {
        VM.prank(person(seed));
        d.vault.setPush(allowed % 4 != 0);
    }

    function setRecipient(uint256 seed, uint256 to) external action("recipient asked") {
        address[4] memory recipients = [address(0), person(seed), person(to), stranger(to)];
        address recipient = recipients[_mix(to, "recipient") % 4];
        uint256 readyAt = _recoveryAt(seed);
        VM.prank(person(seed));
        if (readyAt != 0) _refuses(abi.encodeWithSelector(IVault.RecoveryPending.selector, person(seed), readyAt));
        d.vault.setRecipient(recipient);
        if (readyAt != 0) return;
        same(d.vault.recipientOf(person(seed)), recipient == address(0) ? person(seed) : recipient, "recipient");
    }

    function startRecovery(uint256 seed, uint256 to) external action("recovery asked") {
        address account = person(seed);
        uint256 readyAt = _recoveryAt(seed);
        if (readyAt == 0) {
            VM.prank(account);
            d.vault.setRecovery(recovery(seed));
        }
        VM.prank(recovery(seed));
        if (readyAt != 0) _refuses(abi.encodeWithSelector(IVault.RecoveryPending.selector, account, readyAt));
        d.vault.startRecovery(account, stranger(to));
        recoveryAt[account] = readyAt == 0 ? block.timestamp + RECOVERY : readyAt;
    }

    function endRecovery(uint256 seed, uint256 how) external action("recovery end asked") {
        address account = person(seed);
        uint256 readyAt = _recoveryAt(seed);
        bool finish = how % 2 == 0;
        if (finish && how % 3 != 0) _reach(readyAt);
        if (!finish) VM.prank(account);
        if (readyAt == 0) {
            _refuses(abi.encodeWithSelector(IVault.NoRecovery.selector, account));
        } else if (finish && block.timestamp < readyAt) {
            _refuses(abi.encodeWithSelector(IVault.RecoveryNotReady.selector, readyAt));
        } else {
            recoveryAt[account] = 0;
            ++count[finish ? "recovered" : "recovery called off"];
        }
        if (finish) d.vault.finishRecovery(account);
        else d.vault.cancelRecovery();
    }

    function _recoveryAt(uint256 i) internal view returns (uint256) {
        return recoveryAt[person(i)];
    }

    /// @dev Exactly what must happen, whatever it is.
    function _claim(address caller, uint256 i) internal {
        address account = person(i);
        uint256 owed = trees[finalTree].owed[i];
        uint256 claimed = d.vault.claimed(account);
        uint256 due = owed > claimed ? owed - claimed : 0;
        bytes32[] memory proof = owed == 0 ? new bytes32[](0) : _proof(finalTree, i);
        bytes memory error = _claimError(i, owed, due);
        if (error.length != 0) {
            VM.prank(caller);
            _refuses(error);
            d.vault.claim(account, owed, proof);
            return;
        }
        address recipient = d.vault.recipientOf(account);
        uint256 balance = d.token.balanceOf(recipient);
        VM.prank(caller);
        same(d.vault.claim(account, owed, proof), due, "a claim pays what is due");
        same(d.token.balanceOf(recipient), balance + due, "to the recipient");
        paidOut += due;
        ++count[due == 0 ? "nothing due" : "paid"];
    }

    function _claimError(uint256 i, uint256 owed, uint256 due) private returns (bytes memory) {
        if (_paused()) return abi.encodeWithSelector(IVault.PausedNow.selector, d.vault.pausedUntil());
        if (_recoveryAt(i) != 0) {
            return abi.encodeWithSelector(IVault.RecoveryPending.selector, person(i), _recoveryAt(i));
        }
        if (finalTree == 0) return abi.encodeWithSelector(IVault.NoFinalRoot.selector);
        if (owed == 0) return abi.encodeWithSelector(IVault.ProofInvalid.selector, person(i), 0);
        uint256 sum = d.vault.claimedTotal() + due;
        if (due != 0 && sum > most()) {
            ++count["total exceeded"];
            return abi.encodeWithSelector(IVault.TotalExceeded.selector, sum, most());
        }
        uint256 held = d.token.balanceOf(address(d.vault));
        if (due <= held) return "";
        truth(!solvent() && d.vault.bonds() == 0, "only what was lost beyond all that came in is missing");
        ++count["not covered"];
        return abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, address(d.vault), held, due);
    }
}
