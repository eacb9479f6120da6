// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {DatanetRegistry} from "../src/DatanetRegistry.sol";
import {ModelRegistry} from "../src/ModelRegistry.sol";
import {OpenGovernor} from "../src/OpenGovernor.sol";
import {OpenToken} from "../src/OpenToken.sol";
import {OperatorRegistry} from "../src/OperatorRegistry.sol";
import {SplitRegistry} from "../src/SplitRegistry.sol";
import {Vault} from "../src/Vault.sol";
import {IVault} from "../src/interfaces/IVault.sol";
import {VM} from "./Vm.sol";

/// @title What a deployment is: the same code in the script and in every test
/// @notice No step needs a privilege of the deployer, so it never has one: contracts that need each other get each
/// other's addresses before they exist.
abstract contract Deployment {
    /// @notice Governance. Seconds, votes, percent of the supply.
    struct GovernanceTerms {
        uint48 votingDelay;
        uint32 votingPeriod;
        uint256 threshold;
        uint256 quorumPercent;
        uint256 timelockDelay;
    }

    /// @notice Everything that a deploy file says.
    struct Terms {
        uint64 genesis;
        uint64 epochLength;
        uint16[10] split;
        address platform;
        address proposer;
        address guardian;
        uint48 adminDelay;
        uint256 challengeBond;
        IVault.Delays delays;
        IVault.Parameters parameters;
        GovernanceTerms governance;
    }

    /// @notice What was deployed.
    struct Deployed {
        OpenToken token;
        TimelockController timelock;
        OpenGovernor governor;
        Vault vault;
        DatanetRegistry datanets;
        ModelRegistry models;
        OperatorRegistry operators;
        SplitRegistry splits;
    }

    /// @notice The pause is too short for governance to act in it.
    error PauseTooShort(uint256 pause, uint256 governance);

    /// @notice Seconds that a decision needs besides its delays: blocks, and people who send four transactions.
    uint256 internal constant MARGIN = 15 minutes;

    /// @dev Deploys in a fixed order from `deployer`, whose next nonce is `nonce`.
    function deploy(Terms memory terms, OpenToken.Allocation[] memory allocations, address deployer, uint256 nonce)
        internal
        returns (Deployed memory d)
    {
        GovernanceTerms memory g = terms.governance;
        uint256 cycle = uint256(g.votingDelay) + g.votingPeriod + g.timelockDelay + MARGIN;
        require(terms.delays.pause > cycle, PauseTooShort(terms.delays.pause, cycle));
        require(terms.delays.unbonding > cycle, PauseTooShort(terms.delays.unbonding, cycle));
        require(terms.delays.ruling > cycle, PauseTooShort(terms.delays.ruling, cycle));
        d.token = new OpenToken(allocations);
        address[] memory proposers = new address[](1);
        address[] memory executors = new address[](1);
        proposers[0] = VM.computeCreateAddress(deployer, nonce + 2);
        d.timelock = new TimelockController(g.timelockDelay, proposers, executors, address(0));
        d.governor = new OpenGovernor(d.token, d.timelock, g.votingDelay, g.votingPeriod, g.threshold, g.quorumPercent);
        assert(address(d.governor) == proposers[0]);
        address bondHolder = VM.computeCreateAddress(deployer, nonce + 4);
        d.vault = new Vault(
            d.token,
            [address(d.timelock), terms.proposer, terms.guardian, bondHolder],
            terms.adminDelay,
            terms.genesis,
            terms.epochLength,
            terms.delays,
            terms.parameters
        );
        d.datanets = new DatanetRegistry(address(d.timelock), d.vault, terms.challengeBond);
        assert(address(d.datanets) == bondHolder);
        d.models = new ModelRegistry(d.datanets, terms.genesis, terms.epochLength);
        d.operators = new OperatorRegistry(address(d.timelock));
        d.splits = new SplitRegistry(address(d.timelock), terms.genesis, terms.epochLength, terms.split, terms.platform);
    }
}
