// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {VM} from "../../script/Vm.sol";
import {Vault} from "../../src/Vault.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {Fixture} from "../Fixture.sol";

/// @title What every test of the vault needs: people, trees, roots on their way
abstract contract VaultFixture is Fixture {
    address internal constant ALICE = address(0xA1);
    address internal constant BOB = address(0xB0);
    address internal constant CAROL = address(0xCA);
    address internal constant MALLORY = address(0x3A);
    address internal constant PAYER = address(0xFA);
    address internal constant OPERATOR = address(0x09);
    bytes32 internal constant MANIFEST = keccak256("manifest");
    bytes32 internal constant EVIDENCE = keccak256("evidence");
    string internal constant BUNDLE = "bundles/1";

    // What Fixture deploys with.
    uint64 internal constant WINDOW = 3 days;
    uint64 internal constant RULING = 30 days;
    uint64 internal constant PAUSE = 10 days;
    uint64 internal constant COOLDOWN = 10 days;
    uint64 internal constant LIVENESS = 21 days;
    uint64 internal constant RECOVERY = 7 days;
    uint64 internal constant UNBONDING = 10 days;
    uint256 internal constant CAP = 10_000_000 ether;
    uint256 internal constant DISPUTE_BOND = 10_000 ether;
    uint256 internal constant LIVENESS_BOND = 100_000 ether;

    // Trees

    function one(address account, uint256 cumulative) internal view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](1);
        leaves[0] = leafOf(account, cumulative);
    }

    function two(address a, uint256 ofA, address b, uint256 ofB) internal view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](2);
        (leaves[0], leaves[1]) = (leafOf(a, ofA), leafOf(b, ofB));
    }

    // Money and roots on their way

    function inflow(uint256 amount) internal {
        fund(PAYER, amount);
        VM.prank(PAYER);
        d.vault.deposit(OPERATOR, amount);
    }

    /// @dev The next epoch's root, by the proposer, at the first moment at which it can be.
    function propose(bytes32 root, uint256 total) internal {
        _proposeAs(PROPOSER, root, total);
    }

    /// @dev The next epoch's root by anyone with a bond, at the liveness moment or later.
    function proposeByAnyone(address account, bytes32 root, uint256 total) internal {
        fund(account, LIVENESS_BOND);
        _reach(d.vault.livenessAt());
        _proposeAs(account, root, total);
    }

    function makeFinal(bytes32[] memory leaves, uint256 total) internal {
        bytes32 root = rootOf(leaves);
        propose(root, total);
        _reach(d.vault.pendingRoot().readyAt);
        d.vault.finalizeRoot(root);
    }

    function dispute(address account) internal {
        fund(account, DISPUTE_BOND);
        bytes32 root = d.vault.pendingRoot().root.payoutRoot;
        VM.prank(account);
        d.vault.disputeRoot(root, EVIDENCE);
    }

    function pause() internal {
        VM.prank(GUARDIAN);
        d.vault.pause();
    }

    function claimAs(address caller, address account, uint256 cumulative, bytes32[] memory proof)
        internal
        returns (uint256)
    {
        VM.prank(caller);
        return d.vault.claim(account, cumulative, proof);
    }

    function setBonds(uint256 disputeBond, uint256 livenessBond) internal {
        VM.prank(timelock);
        d.vault.setParameters(IVault.Parameters(CAP, disputeBond, livenessBond));
    }

    // Expectations

    /// @dev The next event is the vault's, exactly.
    function expectEvent() internal {
        VM.expectEmit(address(d.vault));
    }

    /// @dev The next call is the caller's and is refused so.
    function refused(address caller, bytes memory error) internal {
        VM.prank(caller);
        VM.expectRevert(error);
    }

    function unauthorized(address account, bytes32 role) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, account, role);
    }

    function amountInvalid(uint256 amount, uint256 available) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IVault.AmountInvalid.selector, amount, available);
    }

    function panic(uint256 code) internal pure returns (bytes memory) {
        return abi.encodeWithSignature("Panic(uint256)", code);
    }

    /// @dev Every token is accounted for.
    function booksHold() internal view {
        uint256 held = d.vault.received() - d.vault.claimedTotal() + d.vault.bonds();
        same(d.vault.token().balanceOf(address(d.vault)), held, "the books hold");
    }

    function bounded(uint256 value, uint256 least, uint256 most) internal pure returns (uint256) {
        return least == 0 && most == type(uint256).max ? value : least + value % (most - least + 1);
    }

    /// @dev The same vault with another token.
    function useToken(IERC20 token) internal {
        Terms memory t = terms();
        address[4] memory roles = [timelock, PROPOSER, GUARDIAN, address(d.datanets)];
        d.vault = new Vault(token, roles, t.adminDelay, t.genesis, t.epochLength, t.delays, t.parameters);
    }

    function _proposeAs(address account, bytes32 root, uint256 total) internal {
        IVault.Root memory last = d.vault.finalRoot();
        _reach(d.vault.epochEnd(last.epoch + 1));
        VM.prank(account);
        d.vault.proposeRoot(last.epoch + 1, last.payoutRoot, root, MANIFEST, total, BUNDLE);
    }

    function _reach(uint256 moment) internal {
        if (block.timestamp < moment) VM.warp(moment);
    }
}
