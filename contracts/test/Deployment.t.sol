// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../script/Vm.sol";
import {IVault} from "../src/interfaces/IVault.sol";
import {Fixture} from "./Fixture.sol";

/// @title What holds right after a deployment
contract DeploymentTest is Fixture {
    function test_roles_are_apart_and_the_deployer_has_none() public view {
        same(d.vault.defaultAdmin(), timelock, "admin");
        truth(d.vault.hasRole(d.vault.PROPOSER_ROLE(), PROPOSER), "proposer");
        truth(d.vault.hasRole(d.vault.GUARDIAN_ROLE(), GUARDIAN), "guardian");
        truth(d.vault.hasRole(d.vault.BOND_HOLDER_ROLE(), address(d.datanets)), "bond holder");
        truth(!d.vault.hasRole(d.vault.DEFAULT_ADMIN_ROLE(), address(this)), "deployer is no admin");
        truth(!d.timelock.hasRole(d.timelock.DEFAULT_ADMIN_ROLE(), address(this)), "deployer is no timelock admin");
        truth(d.timelock.hasRole(d.timelock.PROPOSER_ROLE(), address(d.governor)), "governor proposes");
        truth(!d.timelock.hasRole(d.timelock.PROPOSER_ROLE(), address(this)), "deployer proposes nothing");
    }

    function test_the_claim_is_the_only_way_out() public {
        fund(address(this), 5 ether);
        d.vault.deposit(address(1), 5 ether);
        bytes32[] memory leaves = new bytes32[](3);
        leaves[0] = leafOf(address(0xB0B), 3 ether);
        leaves[1] = leafOf(address(0xCAFE), 1 ether);
        leaves[2] = leafOf(address(0xD00D), 1 ether);
        VM.warp(GENESIS + EPOCH_LENGTH);
        VM.prank(PROPOSER);
        d.vault.proposeRoot(1, 0, rootOf(leaves), bytes32(uint256(1)), 5 ether, "bundle");
        VM.warp(block.timestamp + 3 days);
        d.vault.finalizeRoot(rootOf(leaves));
        VM.prank(address(0xB0B));
        d.vault.claim(address(0xB0B), 3 ether, proofOf(leaves, 0));
        same(d.token.balanceOf(address(0xB0B)), 3 ether, "paid");
        VM.prank(address(0xD00D));
        d.vault.claim(address(0xD00D), 1 ether, proofOf(leaves, 2));
        same(d.token.balanceOf(address(d.vault)), 1 ether, "left");
        same(d.vault.claimedTotal(), 4 ether, "claimed");
    }

    function test_a_pause_too_short_for_governance_is_refused() public {
        Terms memory t = terms();
        t.delays.pause = 7 days;
        VM.expectRevert(abi.encodeWithSelector(PauseTooShort.selector, 7 days, 7 days + MARGIN));
        this.deployWith(t);
        t = terms();
        t.delays.cooldown = t.delays.disputeWindow;
        VM.expectRevert(abi.encodeWithSelector(IVault.DelaysInvalid.selector, t.delays));
        this.deployWith(t);
    }

    function deployWith(Terms memory t) external {
        deploy(t, _whole(), address(this), VM.getNonce(address(this)));
    }
}
