"""What happens on the chain: who registers, who gives data and votes on it, who pays, stakes, errs and decides."""

from dataclasses import dataclass

from . import eth, money, world
from .chain import Call, Chain
from .files import tree_hash
from .parts import ARTIFACT_IDS, DATANETS_OF, Part
from .sketch import CHECKPOINTS, K
from .story import Case, epoch_start_s
from .world import Contribution

HOUR, DAY = 3_600, 86_400
INFLUENCE = 1
TOP_K = 32
DECOYS_MIN = 64
FIRST_MODEL, SECOND_MODEL = eth.id_of("model Numeral"), eth.id_of("model Wide Numeral")
PARAMETERS = eth.abi(["uint32"] * 4, [K, CHECKPOINTS, DECOYS_MIN, TOP_K])
VAULT = eth.contract_of("vault")
who = eth.address_of


def before_genesis(days: float) -> int:
    return epoch_start_s(1) - int(days * DAY)


def night(epoch: int, hours: float) -> int:
    return epoch_start_s(epoch) + int(hours * HOUR)


def tell(everything: list[Contribution], parts: dict[str, Part], unattributed: int) -> Chain:
    """`unattributed`: what epoch 1 left without an owner in Digits West, at least."""
    chain = Chain()
    register_operators(chain)
    set_splits(chain)
    create_datanets(chain)
    decided = contribute(chain, everything)
    publish_datanet_versions(chain, decided)
    publish_models(chain, parts)
    enter_money(chain)
    first_night(chain, everything)
    second_night(chain, unattributed)
    return chain


def register_operators(chain: Chain) -> None:
    for i, operator in enumerate(world.OPERATORS):
        calls = [Call("operators", "OperatorRegistered", [who(operator), operator, f"ipfs://operator-{i + 1}"])]
        calls.append(Call("operators", "SigningKeyAdded", [who(operator), who(world.signing_key(operator))]))
        chain.at(before_genesis(14) + i * HOUR, *calls)
    old_key = who(world.signing_key(world.CEDAR, 2))
    chain.at(before_genesis(13), Call("operators", "SigningKeyAdded", [who(world.CEDAR), old_key]))


FIRST_VOTE_S = before_genesis(9)


def set_splits(chain: Chain) -> None:
    platform = who(world.PLATFORM)
    first = Case("first split", "Governance says for the first time how a fee is divided; it binds at once.", "split")
    chain.at(before_genesis(12), Call("splits", "SplitSet", [1, list(money.FIRST_SPLIT), platform], first))
    proposal, splits = 77, eth.contract_of("splits")
    created = [proposal, who(world.WEST_OWNER), [splits], [0], ["setSplit(uint64,uint16[10],address)"], [b"\x02"]]
    created += [FIRST_VOTE_S, FIRST_VOTE_S + DAY, "Four points more of every fee for contributors"]
    chain.at(FIRST_VOTE_S - DAY, Call("governance", "ProposalCreated", created))
    for i, voter in enumerate([world.STAKERS[0], world.STAKERS[1], world.MODEL_OWNER]):
        support = 0 if voter == world.MODEL_OWNER else 1
        vote = [who(voter), proposal, support, (5 - i) * 100 * money.OPEN, "data comes first" if support else ""]
        chain.at(FIRST_VOTE_S + (i + 1) * HOUR, Call("governance", "VoteCast", vote))
    chain.at(before_genesis(6), Call("governance", "ProposalQueued", [proposal, before_genesis(4)]))
    second = Case("split from epoch 2", "A later split gives contributors 42% instead of 38% from epoch 2.", "split")
    chain.at(
        before_genesis(4),
        Call("splits", "SplitSet", [2, list(money.SECOND_SPLIT), platform], second),
        Call("governance", "ProposalExecuted", [proposal]),
    )


def create_datanets(chain: Chain) -> None:
    owners = {"west": world.WEST_OWNER, "east": world.EAST_OWNER, "hard": world.HARD_OWNER}
    for i, (datanet, name) in enumerate(world.DATANETS.items()):
        datanet_id = world.datanet_id(datanet)
        created = [datanet_id, who(owners[datanet]), name, world.LICENCE, f"ipfs://datanet-{datanet}", world.QUORUM]
        calls = [Call("datanets", "DatanetCreated", created)]
        calls += [Call("datanets", "ValidatorSet", [datanet_id, who(v), True]) for v in world.VALIDATORS]
        chain.at(before_genesis(11) + i * HOUR, *calls)


@dataclass(frozen=True)
class Decided:
    time_s: int
    contribution: Contribution


CONTRIBUTION_CASES = {
    world.COPIER: Case(
        "copies",
        f"{world.COPIER} commits 14 items that {world.COPIED} committed before: accepted, but the first one is paid.",
        "copy",
    ),
    world.REJECTED: Case(
        "rejected contribution", f"Two of three validators find only noise in {world.REJECTED}'s items.", "rejected"
    ),
    world.TRIMMED: Case(
        "trimmed contribution", f"Validators accept all but the last four items of {world.TRIMMED}.", "accepted"
    ),
    world.BENEFICIARIES_EXAMPLE: Case(
        "beneficiaries",
        f"{world.BENEFICIARIES_EXAMPLE} shares what her items earn with the village school, 70 to 30.",
        "shared",
    ),
}


def contribute(chain: Chain, everything: list[Contribution]) -> list[Decided]:
    """Commit, show later, vote, decide; some are decided earlier than those committed before them."""
    decided = []
    for i, c in enumerate(everything):
        contribution, datanet, by = c.id(), world.datanet_id(c.datanet), who(c.contributor)
        committed = before_genesis(10.5) + i * HOUR
        chain.at(committed, Call("datanets", "ContributionCommitted", [c.commitment(), datanet, by]))
        submitted = [contribution, datanet, by, c.commitment(), c.content_hash(), len(c.digits)]
        submitted += [f"ipfs://{c.content_hash().hex()}", world.LICENCE]
        submitted += [[who(name) for name, _ in c.beneficiaries], [share for _, share in c.beneficiaries]]
        case = None if c.fate == "withdrawn" else CONTRIBUTION_CASES.get(c.contributor)
        shown = committed + HOUR // 2
        chain.at(shown, Call("datanets", "ContributionSubmitted", submitted, case))
        if c.fate == "withdrawn":
            chain.at(shown + 2 * HOUR, Call("datanets", "ContributionWithdrawn", [contribution], WITHDRAWN))
            continue
        end = shown + (3 + i * 7 % 5 * 4) * HOUR + i * 2 * 60
        vote(chain, c, i, end)
        decided.append(Decided(end, c))
    return sorted(decided, key=lambda d: d.time_s)


WITHDRAWN = Case(
    "withdrawn contribution", f"{world.WITHDRAWN} takes a contribution back before anyone decided.", "withdrawn"
)
SPLIT_VOTE = Case("split vote", "One validator rejects what two accept; all three share what voting earns.", "accepted")


def vote(chain: Chain, c: Contribution, turn: int, end: int) -> None:
    """A vote an hour; the one that makes the quorum decides in the same transaction."""
    accepted = c.fate == "accepted"
    ballots = [[accepted] * 2, [accepted, not accepted, accepted], [not accepted, accepted, accepted]][turn % 3]
    scores, calls = [], []
    for i, ballot in enumerate(ballots):
        validator = world.VALIDATORS[(turn + i) % len(world.VALIDATORS)]
        score = (7_000 if ballot else 1_000) + (turn * 331 + i * 977) % 2_500
        scores += [score] if ballot == accepted else []
        items = (c.accepted_items or len(c.digits)) if ballot else 0
        cast = [c.id(), who(validator), ballot, score, items]
        calls.append(Call("datanets", "ContributionValidated", cast))
    outcome = [c.id(), accepted, sum(scores) // len(scores), c.accepted_items]
    case = SPLIT_VOTE if turn == 1 else None
    for i, call in enumerate(calls[:-1]):
        chain.at(end - (len(calls) - 1 - i) * HOUR // 2, call)
    chain.at(end, calls[-1], Call("datanets", "ContributionDecided", outcome, case))


def publish_datanet_versions(chain: Chain, decided: list[Decided]) -> None:
    for i, datanet in enumerate(world.DATANETS):
        ids = [d.contribution.id() for d in decided if d.contribution in accepted(datanet, decided)]
        values = [world.datanet_version_id(datanet), world.datanet_id(datanet), 1, tree_hash(ids), len(ids)]
        chain.at(before_genesis(7) + i * HOUR, Call("datanets", "DatanetVersionPublished", values))


def accepted(datanet: str, decided: list[Decided]) -> list[Contribution]:
    return [d.contribution for d in decided if d.contribution.datanet == datanet and d.contribution.fate == "accepted"]


def publish_models(chain: Chain, parts: dict[str, Part]) -> None:
    base_of_second = ARTIFACT_IDS[money.FIRST]
    models = [
        (FIRST_MODEL, world.MODEL_OWNER, "Numeral", money.FIRST, eth.ZERO_ID, money.FIRST_PRICE),
        (SECOND_MODEL, world.SECOND_MODEL_OWNER, "Wide Numeral", money.SECOND, base_of_second, money.SECOND_PRICE),
    ]
    for i, (model, owner, name, use, base, price) in enumerate(models):
        start, version, run = before_genesis(6 - i), ARTIFACT_IDS[use], eth.id_of(f"training run of {name}")
        chain.at(start, Call("models", "ModelCreated", [model, who(owner), name]))
        opened = [run, model, who(owner), versions_of(use), f"ipfs://run-{i + 1}"]
        chain.at(start + HOUR, Call("models", "TrainingRunOpened", opened))
        case = Case("training payment", f"{owner} pays for the training run of {name} in advance.", "training")
        chain.at(
            start + 2 * HOUR,
            transfer(owner, money.TRAINING),
            Call("vault", "TrainingPaid", [run, who(owner), money.TRAINING], case if i == 0 else None),
        )
        published = [version, model, INFLUENCE, PARAMETERS, parts[use].hash(), versions_of(use), base, True]
        chain.at(
            start + 9 * HOUR,
            Call("models", "ModelVersionPublished", published),
            Call("models", "ModelVersionPriced", priced(version, 1, price)),
        )
        chain.at(start + 10 * HOUR, Call("models", "TrainingRunFinished", [run, version]))
    later = Case("price from epoch 2", "Numeral becomes a little cheaper from epoch 2.", "price")
    cheaper = priced(ARTIFACT_IDS[money.FIRST], 2, money.FIRST_PRICE_LATER)
    chain.at(before_genesis(2), Call("models", "ModelVersionPriced", cheaper, later))
    publish_adapter(chain, parts[money.ADAPTED])


def publish_adapter(chain: Chain, part: Part) -> None:
    adapter = ARTIFACT_IDS[money.ADAPTED]
    registered = [adapter, ARTIFACT_IDS[money.SECOND], who(world.ADAPTER_OWNER), "Careful Eyes", INFLUENCE, PARAMETERS]
    registered += [part.hash(), versions_of(money.ADAPTED), money.ADAPTER_SHARE, True]
    chain.at(
        before_genesis(3),
        Call("models", "AdapterRegistered", registered),
        Call("models", "AdapterPriced", priced(adapter, 1, money.ADAPTER_PRICE)),
    )


def versions_of(use: str) -> list[bytes]:
    return [world.datanet_version_id(datanet) for datanet in DATANETS_OF[use]]


def priced(version: bytes, binding_epoch: int, price: money.Price) -> list:
    return [version, binding_epoch, price.base, price.token_in, price.token_out]


def transfer(sender: str, amount: int) -> Call:
    return Call("token", "Transfer", [who(sender), VAULT, amount])


def enter_money(chain: Chain) -> None:
    """Tokens are minted to those who will pay or stake; then they enter the vault."""
    entered = [(payer, operator, amount, "Deposited") for (payer, operator), amount in money.DEPOSITS.items()]
    entered += [(staker, operator, amount, "Staked") for (staker, operator), amount in money.STAKES.items()]
    for i, person in enumerate(sorted({row[0] for row in entered})):
        minted = [eth.ZERO_ADDRESS, who(person), 1_000 * money.OPEN]
        chain.at(before_genesis(15) + i * 60, Call("token", "Transfer", minted))
    for i, (person, operator, amount, event) in enumerate(entered):
        values = [who(person), who(operator), amount]
        chain.at(before_genesis(1) + i * 17 * 60, transfer(person, amount), Call("vault", event, values))
    case = Case("spender key", f"{world.BANK} lets another key sign its Spends.", "spender_key")
    key = who(world.SPENDER_KEYS[world.BANK])
    chain.at(before_genesis(0.5), Call("vault", "SpenderKeyAdded", [who(world.BANK), key], case))


def first_night(chain: Chain, everything: list[Contribution]) -> None:
    payer, operator, amount = money.REFUND
    refund = Case("refund", f"{payer} asks for a part of its deposit back: paid in epoch 2's settlement.", "refund")
    chain.at(night(1, 5), Call("vault", "RefundRequested", [who(payer), who(operator), amount], refund))
    staker, operator, amount = money.SLASH
    slash = Case("slash", f"{operator} failed an audit, so {staker} loses a part of the stake on it.", "slash")
    slashed = [who(staker), who(operator), amount, "audit 4: an answer without a receipt"]
    chain.at(night(1, 7), Call("vault", "Slashed", slashed, slash))
    staker, operator, amount = money.UNSTAKE
    unstake = Case("unstake", f"{staker} takes a stake out: it stops earning now and is paid in epoch 2.", "unstake")
    chain.at(night(1, 8), Call("vault", "UnstakeRequested", [who(staker), who(operator), amount], unstake))
    challenge(chain, everything[0])
    campaign = [eth.id_of("campaign spring"), world.datanet_id("east"), who(world.FUNDER), money.INCENTIVE]
    incentive = Case("incentive", f"{world.FUNDER} deposits for a campaign in Digits East.", "incentive")
    chain.at(
        night(1, 10),
        transfer(world.FUNDER, money.INCENTIVE),
        Call("vault", "IncentiveDeposited", campaign, incentive),
    )
    stranger = Case("unknown contract", "A contract that is not ours copies one of our events.", "unknown_contract")
    mimic = Call(eth.contract_of("a stranger"), "Deposited", [who(world.KIOSK), who(world.LARCH), money.OPEN], stranger)
    own = Call("vault", "RecoverySet", [who(world.WEST_PEOPLE[1]), who(world.WEST_PEOPLE[2])])
    chain.at(night(1, 12), own, mimic)
    chain.at(night(1, 13), recipient(world.WEST_PEOPLE[0], "first wallet"))
    revoked = Case("revoked key", f"{world.CEDAR} revokes its second signing key.", "key_revoked")
    old_key = who(world.signing_key(world.CEDAR, 2))
    chain.at(
        epoch_start_s(1) + world.KEY_REVOKED_S,
        Call("operators", "SigningKeyRevoked", [who(world.CEDAR), old_key], revoked),
    )


def challenge(chain: Chain, c: Contribution) -> None:
    by = who(world.CHALLENGER)
    values = [c.id(), by, money.BOND, eth.id_of("evidence of the challenge")]
    chain.at(night(1, 3), Call("datanets", "ContributionChallenged", values))
    lost = Case(
        "forfeited bond",
        f"{world.CHALLENGER} challenges {c.contributor}'s contribution, is wrong, and loses the bond to the reserve.",
        "forfeited_bond",
    )
    chain.at(
        night(1, 9),
        Call("datanets", "ContributionChallengeResolved", [c.id(), False]),
        Call("vault", "BondForfeited", [by, money.BOND], lost),
    )


def recipient(person: str, wallet: str) -> Call:
    case = Case(
        "recipient", f"{person} has claims paid to the {wallet}; the ledger still credits the account.", "recipient"
    )
    return Call("vault", "RecipientSet", [who(person), who(f"{person}, {wallet}")], case)


def second_night(chain: Chain, unattributed: int) -> None:
    payer, operator, amount = money.TOP_UP
    chain.at(
        night(2, 2),
        transfer(payer, amount),
        Call("vault", "Deposited", [who(payer), who(operator), amount]),
    )
    chain.at(night(2, 1), recipient(world.WEST_PEOPLE[0], "second wallet"))
    overpaid, wronged = world.CORRECTED
    correction = Case(
        "correction",
        f"The reserve pays {wronged}, who got too little; {overpaid}, who got too much, pays back from later credits.",
        "correction",
    )
    ordered = [eth.id_of("correction 1"), who(overpaid), who(wronged), money.CORRECTION, "two labels were swapped"]
    chain.at(night(2, 6), Call("splits", "CorrectionOrdered", ordered, correction))
    assignment = Case(
        "assignment",
        f"Governance gives {world.FUNDER} half of what epoch 1 left unattributed in Digits West.",
        "assignment",
    )
    assigned = [
        eth.id_of("assignment 1"),
        world.datanet_id("west"),
        who(world.FUNDER),
        unattributed // 2,
        "for new data",
    ]
    chain.at(night(2, 8), Call("splits", "UnattributedAssigned", assigned, assignment))
