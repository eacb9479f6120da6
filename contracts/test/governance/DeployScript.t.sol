// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VestingWallet} from "@openzeppelin/contracts/finance/VestingWallet.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Deploy} from "../../script/Deploy.s.sol";
import {VM} from "../../script/Vm.sol";
import {OpenToken} from "../../src/OpenToken.sol";
import {Vault} from "../../src/Vault.sol";
import {Fixture} from "../Fixture.sol";

/// @title The deploy script with the devnet's file, and with files that it must refuse
contract DeployScriptTest is Fixture, Deploy {
    uint256 private constant SUPPLY = 1e9 ether;
    uint64 private constant FOUR_YEARS = 126_144_000;

    string private _file;

    /// @dev Nothing but the file: the script deploys.
    function setUp() public override {
        VM.warp(GENESIS);
        _file = VM.readFile("deploy/production.json");
    }

    function _genesisHash() internal pure override returns (bytes32) {
        return "genesis";
    }

    // The file

    /// @dev The tests' terms are the devnet's, but for the accounts.
    function test_every_term_is_read_from_the_file() public view {
        Terms memory read = _terms(_file);
        Terms memory expected = terms();
        expected.platform = 0x90F79bf6EB2c4f870365E785982E1f101E93b906;
        expected.proposer = 0x70997970C51812dc3A010C7d01b50e0d17dc79C8;
        expected.guardian = 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC;
        same(keccak256(abi.encode(read)), keccak256(abi.encode(expected)), "terms");
    }

    function test_a_split_has_ten_roles() public {
        VM.expectRevert(bytes("split: ten roles"));
        this.read(_swap(_file, "[500, 500,", "[1000,"));
        VM.expectRevert(bytes("split: ten roles"));
        this.read(_swap(_file, "[500, 500,", "[500, 250, 250,"));
    }

    function read(string memory file) external pure returns (Terms memory) {
        return _terms(file);
    }

    // The allocation

    function test_every_vesting_wallet_has_the_files_beneficiary_and_schedule() public {
        OpenToken.Allocation[] memory made = _allocations(_file, GENESIS);
        same(made.length, 5, "buckets");
        _checkWallet(made[0], 0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65, 400_000_000 ether, FOUR_YEARS);
        _checkWallet(made[1], 0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc, 220_000_000 ether, FOUR_YEARS);
        _checkWallet(made[2], 0x976EA74026E726554dB657fA54763abd0C3a0aa9, 150_000_000 ether, FOUR_YEARS);
        _checkWallet(made[3], 0x14dC79964da2C08b23698B3D3cc7Ca32193d9955, 130_000_000 ether, 94_608_000);
        same(made[4].holder, 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266, "liquidity is free at once");
        same(made[4].amount, 100_000_000 ether, "liquidity");
    }

    function _checkWallet(OpenToken.Allocation memory made, address owner, uint256 amount, uint64 length) private view {
        VestingWallet wallet = VestingWallet(payable(made.holder));
        same(wallet.owner(), owner, "beneficiary");
        same(wallet.start(), GENESIS, "start");
        same(wallet.duration(), length, "duration");
        same(wallet.end(), GENESIS + length, "end");
        same(made.amount, amount, "amount");
    }

    function test_a_wallet_releases_evenly_from_genesis_on_and_to_its_beneficiary_only() public {
        OpenToken.Allocation[] memory made = _allocations(_file, GENESIS);
        OpenToken token = new OpenToken(made);
        VestingWallet wallet = VestingWallet(payable(made[0].holder));
        address owner = wallet.owner();
        wallet.release(address(token));
        same(token.balanceOf(owner), 0, "at genesis");
        VM.warp(GENESIS + FOUR_YEARS / 4);
        wallet.release(address(token));
        same(token.balanceOf(owner), 100_000_000 ether, "after a year");
        VM.warp(GENESIS + FOUR_YEARS - 1);
        truth(wallet.vestedAmount(address(token), FOUR_YEARS + GENESIS - 1) < 400_000_000 ether, "not all yet");
        VM.warp(GENESIS + FOUR_YEARS);
        wallet.release(address(token));
        same(token.balanceOf(owner), 400_000_000 ether, "after four years");
        same(token.balanceOf(address(wallet)), 0, "none left");
        VM.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(this)));
        wallet.transferOwnership(address(this));
    }

    function test_a_community_at_sixty_percent_is_refused_and_one_base_unit_more_is_taken() public {
        string memory file = _shares(380_000_000 ether, 220_000_000 ether);
        _refuseCommunity(file, 600_000_000 ether);
        _refuseCommunity(_shares(0, 0), 0);
        _refuseCommunity(_shares(SUPPLY * 6 / 10, 0), 600_000_000 ether);
        this.allocate(_shares(380_000_000 ether + 1, 220_000_000 ether));
        this.allocate(_shares(0, 600_000_000 ether + 1));
    }

    function testFuzz_a_community_gets_more_than_sixty_percent(uint256 community, uint256 ecosystem) public {
        community %= SUPPLY;
        ecosystem %= SUPPLY;
        string memory file = _shares(community, ecosystem);
        if (community + ecosystem <= SUPPLY * 6 / 10) _refuseCommunity(file, community + ecosystem);
        else this.allocate(file);
    }

    function test_what_does_not_vest_or_is_of_another_kind_is_not_the_communitys() public {
        _refuseCommunity(_swap(_file, "\"kind\": \"community\"", "\"kind\": \"Community\""), 220_000_000 ether);
        _refuseCommunity(_swap(_file, "\"vesting\": 126144000", "\"vesting\": 0"), 220_000_000 ether);
        _refuseCommunity(_swap(_file, "\"buckets\": 5", "\"buckets\": 1"), 400_000_000 ether);
    }

    function test_an_allocation_that_does_not_add_up_is_refused() public {
        string memory file = _swap(_file, "\"150000000000000000000000000\"", "\"150000000000000000000000001\"");
        VM.expectRevert(abi.encodeWithSelector(OpenToken.AllocationIncomplete.selector, SUPPLY + 1, SUPPLY));
        this.deployFile(file);
        file = _swap(_file, "\"buckets\": 5", "\"buckets\": 4");
        VM.expectRevert(abi.encodeWithSelector(OpenToken.AllocationIncomplete.selector, 900_000_000 ether, SUPPLY));
        this.deployFile(file);
    }

    function test_a_pause_or_an_unbonding_in_which_governance_cannot_act_is_refused() public {
        bytes memory reason = abi.encodeWithSelector(PauseTooShort.selector, 604_800, 604_800 + MARGIN);
        VM.expectRevert(reason);
        this.deployFile(_swap(_file, "\"pause\": 864000", "\"pause\": 604800"));
        VM.expectRevert(reason);
        this.deployFile(_swap(_file, "\"unbonding\": 864000", "\"unbonding\": 604800"));
        reason = abi.encodeWithSelector(PauseTooShort.selector, 864_000, 864_000 + MARGIN);
        VM.expectRevert(reason);
        this.deployFile(_swap(_file, "\"voting_period\": 345600", "\"voting_period\": 604800"));
    }

    function allocate(string memory file) external returns (OpenToken.Allocation[] memory) {
        return _allocations(file, GENESIS);
    }

    function deployFile(string memory file) external {
        OpenToken.Allocation[] memory allocations = _allocations(file, GENESIS);
        deploy(_terms(file), allocations, address(this), VM.getNonce(address(this)));
    }

    function _refuseCommunity(string memory file, uint256 amount) private {
        VM.expectRevert(abi.encodeWithSelector(CommunityTooSmall.selector, amount, SUPPLY));
        this.allocate(file);
    }

    /// @dev The devnet's file with other amounts for community and ecosystem.
    function _shares(uint256 community, uint256 ecosystem) private view returns (string memory) {
        string memory file = _swap(_file, "400000000000000000000000000", VM.toString(community));
        return _swap(file, "220000000000000000000000000", VM.toString(ecosystem));
    }

    // The whole script

    /// @dev All of `run`, from the sender that forge broadcasts from; only the chain's first block is made up.
    function test_the_script_deploys_everything_and_writes_where_it_is() public {
        VM.setEnv("DEPLOY_FILE", "deploy/production.json");
        VM.setEnv("ADDRESSES_FILE", "cache/addresses.test.toml");
        uint256 nonce = VM.getNonce(msg.sender);
        run();
        string memory text = VM.readFile("cache/addresses.test.toml");
        // Four vesting wallets first.
        string[8] memory names =
            ["token", "timelock", "governance", "vault", "datanets", "models", "operators", "splits"];
        for (uint256 i = 0; i < 8; ++i) {
            _holds(text, _entry(names[i], VM.computeCreateAddress(msg.sender, nonce + 4 + i)));
        }
        _holds(text, "chain_id = 31337\n");
        _holds(text, string.concat("genesis_hash = \"", VM.toString(bytes32("genesis")), "\"\n"));
        _holds(text, "genesis = \"2026-01-01T00:00:00Z\"\nepoch_length_s = 86400\nreceipts_partitions = 2\n");
        _holds(text, "settler = \"0x70997970C51812dc3A010C7d01b50e0d17dc79C8\"\n");
        OpenToken token = OpenToken(VM.computeCreateAddress(msg.sender, nonce + 4));
        same(token.balanceOf(VM.computeCreateAddress(msg.sender, nonce)), 400_000_000 ether, "community");
        same(token.balanceOf(VM.computeCreateAddress(msg.sender, nonce + 3)), 130_000_000 ether, "investors");
        same(token.balanceOf(msg.sender), 0, "the deployer has nothing");
        Vault vault = Vault(VM.computeCreateAddress(msg.sender, nonce + 7));
        same(address(vault.token()), address(token), "token");
        same(vault.defaultAdmin(), VM.computeCreateAddress(msg.sender, nonce + 5), "admin");
        same(vault.defaultAdminDelay(), 10 days, "admin delay");
        truth(!vault.hasRole(vault.DEFAULT_ADMIN_ROLE(), msg.sender), "the deployer is nobody");
    }

    function _entry(string memory name, address value) private pure returns (string memory) {
        return string.concat("\n", name, " = \"", VM.toString(value), "\"\n");
    }

    // Text

    function _holds(string memory text, string memory part) private pure {
        if (_find(bytes(text), bytes(part)) == type(uint256).max) revert Untrue(part);
    }

    /// @dev The text with the first `from` replaced, which must be there.
    function _swap(string memory text, string memory from, string memory to) private pure returns (string memory) {
        (bytes memory all, bytes memory old) = (bytes(text), bytes(from));
        uint256 at = _find(all, old);
        if (at == type(uint256).max) revert Untrue(from);
        bytes memory head = new bytes(at);
        bytes memory tail = new bytes(all.length - at - old.length);
        for (uint256 i = 0; i < head.length; ++i) {
            head[i] = all[i];
        }
        for (uint256 i = 0; i < tail.length; ++i) {
            tail[i] = all[at + old.length + i];
        }
        return string(bytes.concat(head, bytes(to), tail));
    }

    function _find(bytes memory text, bytes memory part) private pure returns (uint256) {
        for (uint256 at = 0; at + part.length <= text.length; ++at) {
            uint256 i = 0;
            while (i < part.length && text[at + i] == part[i]) {
                ++i;
            }
            if (i == part.length) return at;
        }
        return type(uint256).max;
    }
}
