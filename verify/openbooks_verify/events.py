"""The contracts' events (contracts/abi), and the ABI decoding of their logs.

Anybody may put bytes that are not UTF-8 into a text; they become U+FFFD and the event counts.
"""

import re
from dataclasses import dataclass
from typing import Any

from .hashes import keccak

# One line an event: contract, then the declaration.
DECLARATIONS = """
datanets ChallengeBondSet(uint256 bond)
datanets ContributionChallengeResolved(bytes32 indexed contribution, bool upheld)
datanets ContributionChallenged(bytes32 indexed contribution, address indexed challenger, uint256 bond, bytes32 evidenceHash)
datanets ContributionCommitted(bytes32 indexed commitment, bytes32 indexed datanet, address indexed contributor)
datanets ContributionDecided(bytes32 indexed contribution, bool accepted, uint16 score, uint32 itemCount)
datanets ContributionSubmitted(bytes32 indexed contribution, bytes32 indexed datanet, address indexed contributor, bytes32 commitment, bytes32 contentHash, uint32 itemCount, string uri, string licence, address[] beneficiaries, uint16[] shares)
datanets ContributionValidated(bytes32 indexed contribution, address indexed validator, bool accepted, uint16 score, uint32 itemCount)
datanets ContributionWithdrawn(bytes32 indexed contribution)
datanets DatanetCreated(bytes32 indexed datanet, address indexed owner, string name, string licence, string metadataUri, uint16 quorum)
datanets DatanetTransferred(bytes32 indexed datanet, address indexed from, address indexed to)
datanets DatanetVersionPublished(bytes32 indexed version, bytes32 indexed datanet, uint32 number, bytes32 contributionsRoot, uint32 contributions)
datanets ItemsMaxSet(bytes32 indexed datanet, uint32 itemsMax)
datanets LicenceSet(bytes32 indexed datanet, string licence)
datanets ValidatorSet(bytes32 indexed datanet, address indexed validator, bool active)
models AdapterDeprecated(bytes32 indexed adapter, uint64 bindingEpoch)
models AdapterPriced(bytes32 indexed adapter, uint64 bindingEpoch, uint128 base, uint128 priceIn, uint128 priceOut)
models AdapterRegistered(bytes32 indexed adapter, bytes32 indexed modelVersion, address indexed owner, string name, uint8 method, bytes parameters, bytes32 artifactHash, bytes32[] datanetVersions, uint16 contributorsShare, bool evidencePublic)
models AdapterTransferred(bytes32 indexed adapter, address indexed from, address indexed to)
models ModelCreated(bytes32 indexed model, address indexed owner, string name)
models ModelTransferred(bytes32 indexed model, address indexed from, address indexed to)
models ModelVersionDeprecated(bytes32 indexed version, uint64 bindingEpoch)
models ModelVersionPriced(bytes32 indexed version, uint64 bindingEpoch, uint128 base, uint128 priceIn, uint128 priceOut)
models ModelVersionPublished(bytes32 indexed version, bytes32 indexed model, uint8 method, bytes parameters, bytes32 artifactHash, bytes32[] datanetVersions, bytes32 baseVersion, bool evidencePublic)
models TrainingRunFinished(bytes32 indexed run, bytes32 indexed modelVersion)
models TrainingRunOpened(bytes32 indexed run, bytes32 indexed model, address indexed payer, bytes32[] datanetVersions, string uri)
operators OperatorRegistered(address indexed operator, string name, string uri)
operators OperatorRevoked(address indexed operator)
operators SigningKeyAdded(address indexed operator, address indexed key)
operators SigningKeyRevoked(address indexed operator, address indexed key)
splits CorrectionOrdered(bytes32 indexed correction, address indexed overpaid, address indexed wronged, uint256 amount, string reason)
splits SplitSet(uint64 bindingEpoch, uint16[10] shares, address platform)
splits UnattributedAssigned(bytes32 indexed assignment, bytes32 indexed datanet, address indexed account, uint256 amount, string reason)
vault BondForfeited(address indexed from, uint256 amount)
vault Claimed(address indexed account, address indexed recipient, uint256 amount, uint256 cumulative)
vault DefaultAdminDelayChangeCanceled()
vault DefaultAdminDelayChangeScheduled(uint48 newDelay, uint48 effectSchedule)
vault DefaultAdminTransferCanceled()
vault DefaultAdminTransferScheduled(address indexed newAdmin, uint48 acceptSchedule)
vault Deposited(address indexed payer, address indexed operator, uint256 amount)
vault DisputeResolved(uint64 indexed epoch, address indexed disputer, bool upheld)
vault IncentiveDeposited(bytes32 indexed campaign, bytes32 indexed datanet, address indexed funder, uint256 amount)
vault ParametersSet(uint256 growthCap, uint256 disputeBond, uint256 livenessBond)
vault PausedUntil(address by, uint64 until)
vault PushSet(address indexed account, bool allowed)
vault RecipientSet(address indexed account, address indexed recipient)
vault RecoveryCancelled(address indexed account)
vault RecoveryFinished(address indexed account, address indexed newRecipient)
vault RecoverySet(address indexed account, address indexed recovery)
vault RecoveryStarted(address indexed account, address indexed recovery, address newRecipient, uint64 readyAt)
vault RefundRequested(address indexed payer, address indexed operator, uint256 amount)
vault RoleAdminChanged(bytes32 indexed role, bytes32 indexed previousAdminRole, bytes32 indexed newAdminRole)
vault RoleGranted(bytes32 indexed role, address indexed account, address indexed sender)
vault RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender)
vault RootCancelled(uint64 indexed epoch, bytes32 indexed payoutRoot, address by)
vault RootDisputed(uint64 indexed epoch, address indexed disputer, uint256 bond, bytes32 evidenceHash)
vault RootFinalized(uint64 indexed epoch, bytes32 indexed payoutRoot, uint256 total)
vault RootProposed(uint64 indexed epoch, bytes32 indexed payoutRoot, bytes32 previousRoot, bytes32 manifestHash, uint256 total, string bundleUri, address proposer)
vault RootRevoked(uint64 indexed epoch, bytes32 indexed payoutRoot, uint256 lost)
vault Slashed(address indexed staker, address indexed operator, uint256 amount, string reason)
vault SpenderKeyAdded(address indexed payer, address indexed key)
vault SpenderKeyRevoked(address indexed payer, address indexed key)
vault Staked(address indexed staker, address indexed operator, uint256 amount)
vault TrainingPaid(bytes32 indexed run, address indexed payer, uint256 amount)
vault UnstakeRequested(address indexed staker, address indexed operator, uint256 amount)
vault UnstakeStarted(address indexed staker, address indexed operator, uint256 amount, uint64 readyAt)
governance EIP712DomainChanged()
governance ProposalCanceled(uint256 proposalId)
governance ProposalCreated(uint256 proposalId, address proposer, address[] targets, uint256[] values, string[] signatures, bytes[] calldatas, uint256 voteStart, uint256 voteEnd, string description)
governance ProposalExecuted(uint256 proposalId)
governance ProposalQueued(uint256 proposalId, uint256 etaSeconds)
governance ProposalThresholdSet(uint256 oldProposalThreshold, uint256 newProposalThreshold)
governance QuorumNumeratorUpdated(uint256 oldQuorumNumerator, uint256 newQuorumNumerator)
governance TimelockChange(address oldTimelock, address newTimelock)
governance VoteCast(address indexed voter, uint256 proposalId, uint8 support, uint256 weight, string reason)
governance VoteCastWithParams(address indexed voter, uint256 proposalId, uint8 support, uint256 weight, string reason, bytes params)
governance VotingDelaySet(uint256 oldVotingDelay, uint256 newVotingDelay)
governance VotingPeriodSet(uint256 oldVotingPeriod, uint256 newVotingPeriod)
token Approval(address indexed owner, address indexed spender, uint256 value)
token DelegateChanged(address indexed delegator, address indexed fromDelegate, address indexed toDelegate)
token DelegateVotesChanged(address indexed delegate, uint256 previousVotes, uint256 newVotes)
token EIP712DomainChanged()
token Transfer(address indexed from, address indexed to, uint256 value)
"""  # noqa: E501

CONTRACTS = ("vault", "token", "datanets", "models", "operators", "splits", "governance")


class NotAnEvent(ValueError):
    """A log that is no event of its contract's interface."""


@dataclass(frozen=True)
class Declaration:
    """An event: its parameters as (type, name, indexed)."""

    name: str
    parameters: tuple[tuple[str, str, bool], ...]


def _declared() -> dict[tuple[str, bytes], Declaration]:
    found = {}
    for line in DECLARATIONS.strip().splitlines():
        contract, name, inside = re.fullmatch(r"(\w+) (\w+)\((.*)\)", line).groups()  # type: ignore[union-attr]
        words = [parameter.split() for parameter in inside.split(", ") if parameter]
        parameters = tuple((each[0], each[-1], len(each) == 3) for each in words)
        signature = f"{name}({','.join(kind for kind, _, _ in parameters)})"
        found[contract, keccak(signature.encode())] = Declaration(name, parameters)
    return found


DECLARED = _declared()


def decode(contract: str, topics: list[bytes], data: bytes) -> tuple[str, dict[str, Any]]:
    """The event's name and fields."""
    declaration = DECLARED.get((contract, topics[0])) if topics else None
    if declaration is None:
        raise NotAnEvent("no such event")
    indexed = [parameter for parameter in declaration.parameters if parameter[2]]
    if len(topics) != 1 + len(indexed):
        raise NotAnEvent("another number of topics")
    fields = {name: _static(kind, topic) for (kind, name, _), topic in zip(indexed, topics[1:])}
    others = [parameter for parameter in declaration.parameters if not parameter[2]]
    values = decode_abi([kind for kind, _, _ in others], data)
    return declaration.name, fields | {name: value for (_, name, _), value in zip(others, values)}


def decode_abi(kinds: list[str], data: bytes) -> list[Any]:
    """The values of abi.encode(...)."""
    return _tuple(kinds, data, 0)


def _tuple(kinds: list[str], data: bytes, base: int) -> list[Any]:
    values, head = [], base
    for kind in kinds:
        if _is_dynamic(kind):
            values.append(_dynamic(kind, data, base + _length(data, head)))
            head += 32
        else:
            fixed = re.fullmatch(r"(\w+)\[(\d+)\]", kind)
            count = int(fixed[2]) if fixed else 1
            words = [_static(fixed[1] if fixed else kind, _word(data, head + 32 * i)) for i in range(count)]
            values.append(words if fixed else words[0])
            head += 32 * count
    return values


def _is_dynamic(kind: str) -> bool:
    return kind in ("string", "bytes") or kind.endswith("[]")


def _dynamic(kind: str, data: bytes, at: int) -> Any:
    count = _length(data, at)
    if kind.endswith("[]"):
        return _tuple([kind[:-2]] * count, data, at + 32)
    raw = data[at + 32 : at + 32 + count]
    if len(raw) != count:
        raise NotAnEvent("the data is cut off")
    return raw.decode(errors="replace") if kind == "string" else raw


def _word(data: bytes, at: int) -> bytes:
    word = data[at : at + 32]
    if len(word) != 32:
        raise NotAnEvent("the data is cut off")
    return word


def _length(data: bytes, at: int) -> int:
    """An offset or a count; never more than there are bytes, so that no list is longer than its data."""
    value = int.from_bytes(_word(data, at), "big")
    if value > len(data):
        raise NotAnEvent("an offset or a count is too large")
    return value


def _static(kind: str, word: bytes) -> Any:
    value = int.from_bytes(word, "big")
    if kind == "bytes32":
        return word
    bits = {"address": 160, "bool": 1}.get(kind) or int(kind.removeprefix("uint"))
    if value >> bits:
        raise NotAnEvent(f"a value is out of the bounds of {kind}")
    return word[12:] if kind == "address" else value
