// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../script/Vm.sol";
import {DatanetRegistry} from "../../src/DatanetRegistry.sol";
import {IDatanetRegistry} from "../../src/interfaces/IDatanetRegistry.sol";
import {ContributionId, DatanetId} from "../../src/types.sol";

/// @title Several actors at two datanets, with a model of what each of their calls must do
/// @notice Every action computes first whether it must succeed; a call that does otherwise is a surprise.
contract DatanetHandler {
    struct Entry {
        ContributionId id;
        uint256 net;
        address contributor;
        IDatanetRegistry.State expected;
        IDatanetRegistry.State seen;
        uint256 accepting;
        uint256 rejecting;
        bool challenged;
        address challenger;
        uint256 bond;
    }

    uint256 public constant ENTRIES_MAX = 24;
    uint256 public constant VALIDATORS = 5;
    uint256 public constant CHALLENGERS = 3;
    uint16 public constant QUORUM = 2;
    string private constant LICENCE = "MIT";
    address private constant OWNER = address(0x0EE1);

    DatanetRegistry private immutable _registry;
    address private immutable _timelock;
    DatanetId[2] public datanets;
    Entry[] private _entries;
    ContributionId[][2] private _accepted;
    mapping(uint256 net => mapping(uint256 validator => bool)) private _active;
    mapping(ContributionId => mapping(uint256 validator => bool)) private _voted;
    uint256[2] private _actives;

    /// @notice Bonds of open challenges.
    uint256 public openBonds;
    /// @notice Bonds that went to the vault.
    uint256 public forfeited;
    /// @notice Calls that did not do what the model says, and the last of them.
    uint256 public surprises;
    string public lastSurprise;
    /// @notice How often each state was entered.
    uint256[6] public entered;
    /// @notice Rebuilds and removals that happened.
    uint256 public rebuilds;

    constructor(DatanetRegistry registry) {
        _registry = registry;
        _timelock = registry.timelock();
        address[] memory validators = new address[](VALIDATORS);
        for (uint256 i = 0; i < VALIDATORS; ++i) {
            validators[i] = _validator(i);
        }
        for (uint256 net = 0; net < 2; ++net) {
            VM.prank(OWNER);
            datanets[net] = registry.createDatanet(bytes32(net), "net", LICENCE, "", 100, QUORUM, validators);
            _actives[net] = VALIDATORS;
            for (uint256 i = 0; i < VALIDATORS; ++i) {
                _active[net][i] = true;
            }
        }
    }

    /// @dev After every action each contribution is where the model has it, and went there along an arrow.
    modifier watched() {
        _;
        for (uint256 i = 0; i < _entries.length; ++i) {
            Entry storage entry = _entries[i];
            IDatanetRegistry.State state = _registry.stateOf(entry.id);
            if (state == entry.seen) continue;
            _check(_arrow(entry.seen, state), "arrow");
            entry.seen = state;
            ++entered[uint256(state)];
        }
        for (uint256 i = 0; i < _entries.length; ++i) {
            _check(_entries[i].seen == _entries[i].expected, "state");
        }
    }

    function show(uint256 who, uint256 net) external watched {
        if (_entries.length >= ENTRIES_MAX) return;
        net %= 2;
        // A contributor may be a validator.
        address contributor = who % 4 == 0 ? _validator(who % VALIDATORS) : address(uint160(0xC0000 + who % 3));
        bytes32 salt = bytes32(_entries.length);
        bytes32 content = keccak256(abi.encode(salt));
        bytes32 commitment = keccak256(abi.encode(content, contributor, salt));
        bool ok = _call(contributor, abi.encodeCall(IDatanetRegistry.commit, (datanets[net], commitment)));
        _check(ok, "commit");
        IDatanetRegistry.Content memory shown;
        (shown.contentHash, shown.itemCount, shown.licence) = (content, 10, LICENCE);
        bytes memory submit = abi.encodeCall(IDatanetRegistry.submit, (datanets[net], salt, shown));
        _check(!_call(contributor, submit), "submit too early");
        VM.roll(VM.getBlockNumber() + 2);
        _check(!_call(address(0xBAD), submit), "submit by another");
        _check(_call(contributor, submit), "submit");
        Entry storage entry = _entries.push();
        entry.id = ContributionId.wrap(keccak256(abi.encode(datanets[net], commitment)));
        (entry.net, entry.contributor, entry.expected) = (net, contributor, IDatanetRegistry.State.Submitted);
    }

    function vote(uint256 which, uint256 validator, bool accepted) external watched {
        if (_entries.length == 0) return;
        Entry storage entry = _pick(which);
        validator %= VALIDATORS + 1;
        bool may = entry.expected == IDatanetRegistry.State.Submitted && _active[entry.net][validator]
            && !_voted[entry.id][validator] && entry.contributor != _validator(validator);
        bytes memory data = abi.encodeCall(IDatanetRegistry.validate, (entry.id, accepted, 5000, 5));
        _check(_call(_validator(validator), data) == may, "vote");
        if (!may) return;
        _voted[entry.id][validator] = true;
        if (accepted && ++entry.accepting == QUORUM) {
            entry.expected = IDatanetRegistry.State.Accepted;
            _accepted[entry.net].push(entry.id);
        }
        if (!accepted && ++entry.rejecting == QUORUM) entry.expected = IDatanetRegistry.State.Rejected;
    }

    function withdraw(uint256 which, bool own) external watched {
        if (_entries.length == 0) return;
        Entry storage entry = _pick(which);
        bool may = own && entry.expected == IDatanetRegistry.State.Submitted;
        address caller = own ? entry.contributor : address(0xBAD);
        _check(_call(caller, abi.encodeCall(IDatanetRegistry.withdraw, (entry.id))) == may, "withdraw");
        if (may) entry.expected = IDatanetRegistry.State.Withdrawn;
    }

    function challenge(uint256 which, uint256 who) external watched {
        if (_entries.length == 0) return;
        Entry storage entry = _pick(which);
        uint256 bond = _registry.challengeBond();
        bool may = entry.expected == IDatanetRegistry.State.Accepted && !entry.challenged;
        bytes memory data = abi.encodeCall(IDatanetRegistry.challenge, (entry.id, "evidence"));
        _check(_call(challenger(who % CHALLENGERS), data) == may, "challenge");
        if (!may) return;
        (entry.challenged, entry.bond) = (true, bond);
        entry.challenger = challenger(who % CHALLENGERS);
        openBonds += bond;
    }

    function resolve(uint256 which, bool upheld, uint256 who) external watched {
        if (_entries.length == 0) return;
        Entry storage entry = _pick(which);
        bool may = who % 4 != 0 && entry.challenged;
        address caller = who % 4 != 0 ? _timelock : OWNER;
        bytes memory data = abi.encodeCall(IDatanetRegistry.resolveChallenge, (entry.id, entry.challenger, upheld));
        _check(_call(caller, data) == may, "resolve");
        if (!may) return;
        openBonds -= entry.bond;
        if (upheld) entry.expected = IDatanetRegistry.State.Removed;
        else forfeited += entry.bond;
        (entry.challenged, entry.bond) = (false, 0);
    }

    function rebuild(uint256 net, uint256 count) external watched {
        bytes memory data = abi.encodeCall(IDatanetRegistry.rebuild, (datanets[net % 2], count % 8));
        _check(_call(address(0xBAD), data), "rebuild");
        ++rebuilds;
    }

    function setValidator(uint256 net, uint256 validator, bool active) external watched {
        net %= 2;
        validator %= VALIDATORS;
        bool may = _active[net][validator] != active && (active || _actives[net] > QUORUM);
        bytes memory data =
            abi.encodeCall(IDatanetRegistry.setValidator, (datanets[net], _validator(validator), active));
        _check(_call(_timelock, data) == may, "set validator");
        if (!may) return;
        _active[net][validator] = active;
        _actives[net] = active ? _actives[net] + 1 : _actives[net] - 1;
    }

    function setBond(uint256 bond) external watched {
        bytes memory data = abi.encodeCall(IDatanetRegistry.setChallengeBond, (bond % 100 ether));
        _check(!_call(OWNER, data), "bond by another");
        _check(_call(_timelock, data), "bond");
    }

    /// @notice Leaves that the tree of a datanet must have once it is complete, and how many were ever accepted.
    function leavesOf(uint256 net) external view returns (bytes32[] memory leaves, uint256 accepted) {
        accepted = _accepted[net].length;
        bytes32[] memory all = new bytes32[](accepted);
        uint256 count = 0;
        for (uint256 i = 0; i < accepted; ++i) {
            if (_registry.stateOf(_accepted[net][i]) != IDatanetRegistry.State.Accepted) continue;
            all[count++] = ContributionId.unwrap(_accepted[net][i]);
        }
        leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            leaves[i] = all[i];
        }
    }

    function challenger(uint256 index) public pure returns (address) {
        return address(uint160(0xCA0000 + index));
    }

    function owner() external pure returns (address) {
        return OWNER;
    }

    function _validator(uint256 index) private pure returns (address) {
        return address(uint160(0xAA0000 + index));
    }

    function _pick(uint256 which) private view returns (Entry storage) {
        return _entries[which % _entries.length];
    }

    function _arrow(IDatanetRegistry.State from, IDatanetRegistry.State to) private pure returns (bool) {
        if (from == IDatanetRegistry.State.Unknown) return to == IDatanetRegistry.State.Submitted;
        if (from == IDatanetRegistry.State.Accepted) return to == IDatanetRegistry.State.Removed;
        return from == IDatanetRegistry.State.Submitted
            && (to == IDatanetRegistry.State.Accepted
                || to == IDatanetRegistry.State.Rejected
                || to == IDatanetRegistry.State.Withdrawn);
    }

    function _call(address caller, bytes memory data) private returns (bool ok) {
        VM.prank(caller);
        (ok,) = address(_registry).call(data);
    }

    function _check(bool found, string memory what) private {
        if (found) return;
        ++surprises;
        lastSurprise = what;
    }
}
