// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {VotingVestingWallet} from "../src/VotingVestingWallet.sol";
import {OpenToken} from "../src/OpenToken.sol";
import {IVault} from "../src/interfaces/IVault.sol";
import {Deployment} from "./Deployment.sol";
import {VM} from "./Vm.sol";

/// @title Deploys everything from one file
/// @notice `DEPLOY_FILE` (JSON) says how; `ADDRESSES_FILE` (TOML, the `[network]` of openbooks.toml) says where.
contract Deploy is Deployment {
    using SafeCast for uint256;

    /// @notice One holder of the first supply. With a duration: behind a vesting wallet that starts at genesis.
    struct Bucket {
        string kind;
        address holder;
        uint256 amount;
        uint64 vesting;
    }

    /// @notice Community and ecosystem get too little.
    error CommunityTooSmall(uint256 amount, uint256 supply);

    /// @notice Percent of the supply that community and ecosystem must hold at least.
    uint256 public constant COMMUNITY_PERCENT_MIN = 60;

    /// @notice The script's entry.
    function run() public {
        string memory file = VM.readFile(VM.envString("DEPLOY_FILE"));
        Terms memory terms = _terms(file);
        VM.startBroadcast();
        OpenToken.Allocation[] memory allocations = _allocations(file, terms.genesis);
        Deployed memory deployed = deploy(terms, allocations, msg.sender, VM.getNonce(msg.sender));
        VM.stopBroadcast();
        VM.writeFile(VM.envString("ADDRESSES_FILE"), _addresses(file, terms, deployed));
    }

    function _terms(string memory file) internal pure returns (Terms memory terms) {
        terms.genesis = VM.parseJsonUint(file, ".genesis").toUint64();
        terms.epochLength = VM.parseJsonUint(file, ".epoch_length").toUint64();
        uint256[] memory split = VM.parseJsonUintArray(file, ".split");
        require(split.length == terms.split.length, "split: ten roles");
        for (uint256 i = 0; i < split.length; ++i) {
            terms.split[i] = split[i].toUint16();
        }
        terms.platform = VM.parseJsonAddress(file, ".platform");
        terms.proposer = VM.parseJsonAddress(file, ".proposer");
        terms.guardian = VM.parseJsonAddress(file, ".guardian");
        terms.adminDelay = VM.parseJsonUint(file, ".admin_delay").toUint48();
        terms.challengeBond = VM.parseJsonUint(file, ".challenge_bond");
        terms.delays = IVault.Delays({
            disputeWindow: VM.parseJsonUint(file, ".delays.dispute_window").toUint64(),
            ruling: VM.parseJsonUint(file, ".delays.ruling").toUint64(),
            pause: VM.parseJsonUint(file, ".delays.pause").toUint64(),
            cooldown: VM.parseJsonUint(file, ".delays.cooldown").toUint64(),
            liveness: VM.parseJsonUint(file, ".delays.liveness").toUint64(),
            recovery: VM.parseJsonUint(file, ".delays.recovery").toUint64(),
            unbonding: VM.parseJsonUint(file, ".delays.unbonding").toUint64()
        });
        terms.parameters = IVault.Parameters({
            growthCap: VM.parseJsonUint(file, ".parameters.growth_cap"),
            disputeBond: VM.parseJsonUint(file, ".parameters.dispute_bond"),
            livenessBond: VM.parseJsonUint(file, ".parameters.liveness_bond")
        });
        terms.governance = GovernanceTerms({
            votingDelay: VM.parseJsonUint(file, ".governance.voting_delay").toUint48(),
            votingPeriod: VM.parseJsonUint(file, ".governance.voting_period").toUint32(),
            threshold: VM.parseJsonUint(file, ".governance.threshold"),
            quorumPercent: VM.parseJsonUint(file, ".governance.quorum_percent"),
            timelockDelay: VM.parseJsonUint(file, ".governance.timelock_delay")
        });
    }

    function _allocations(string memory file, uint64 genesis)
        internal
        returns (OpenToken.Allocation[] memory allocations)
    {
        uint256 count = VM.parseJsonUint(file, ".buckets");
        allocations = new OpenToken.Allocation[](count);
        uint256 community = 0;
        for (uint256 i = 0; i < count; ++i) {
            Bucket memory bucket = _bucket(file, string.concat(".allocation[", VM.toString(i), "]"));
            address holder = bucket.holder;
            if (bucket.vesting != 0) holder = address(new VotingVestingWallet(bucket.holder, genesis, bucket.vesting));
            allocations[i] = OpenToken.Allocation(holder, bucket.amount);
            bytes32 kind = keccak256(bytes(bucket.kind));
            bool counts = kind == keccak256("community") || kind == keccak256("ecosystem");
            if (counts && bucket.vesting != 0) community += bucket.amount;
        }
        uint256 supply = 1e9 ether;
        require(community * 100 > supply * COMMUNITY_PERCENT_MIN, CommunityTooSmall(community, supply));
    }

    function _bucket(string memory file, string memory key) private pure returns (Bucket memory bucket) {
        bucket.kind = VM.parseJsonString(file, string.concat(key, ".kind"));
        bucket.holder = VM.parseJsonAddress(file, string.concat(key, ".holder"));
        bucket.amount = VM.parseJsonUint(file, string.concat(key, ".amount"));
        bucket.vesting = VM.parseJsonUint(file, string.concat(key, ".vesting")).toUint64();
    }

    function _addresses(string memory file, Terms memory terms, Deployed memory d)
        internal
        view
        returns (string memory text)
    {
        text = string.concat(
            "# Made by contracts/script/Deploy.s.sol.\nchain_id = ",
            VM.toString(block.chainid),
            "\ngenesis_hash = \"",
            VM.toString(_genesisHash()),
            "\"\ngenesis = \"",
            VM.parseJsonString(file, ".genesis_time"),
            "\"\nepoch_length_s = ",
            VM.toString(uint256(terms.epochLength)),
            "\nreceipts_partitions = ",
            VM.toString(VM.parseJsonUint(file, ".receipts_partitions")),
            "\n"
        );
        text = string.concat(text, _line("token", address(d.token)), _line("vault", address(d.vault)));
        text = string.concat(text, _line("datanets", address(d.datanets)), _line("models", address(d.models)));
        text = string.concat(text, _line("operators", address(d.operators)), _line("splits", address(d.splits)));
        text = string.concat(text, _line("governance", address(d.governor)), _line("timelock", address(d.timelock)));
        text = string.concat(text, _line("settler", VM.parseJsonAddress(file, ".settler")));
    }

    /// @dev Of the chain that is deployed to; a test has none.
    function _genesisHash() internal view virtual returns (bytes32) {
        return keccak256(VM.getRawBlockHeader(0));
    }

    function _line(string memory name, address value) private pure returns (string memory) {
        return string.concat(name, " = \"", VM.toString(value), "\"\n");
    }
}
