"""What happens on the chain: who registers, who gives data and votes on it, who pays, stakes, errs and decides."""

from . import eth, money, world
from .chain import Act, Chain, Stray
from .parts import ADAPTER_SALT, ARTIFACT_IDS, DATANETS_OF, MODEL_IDS, MODEL_SALTS, Part
from .sketch import CHECKPOINTS, K
from .story import Case, epoch_start_s
from .world import Contribution

HOUR, DAY = 3_600, 86_400
INFLUENCE = 1
TOP_K = 32
DECOYS_MIN = 64
ITEMS_MAX = 10_000
PARAMETERS = eth.abi(["uint32"] * 4, [K, CHECKPOINTS, DECOYS_MIN, TOP_K])
WITHOUT_END = 2**256 - 1
VAULT = eth.contract_of("vault")
who = eth.address_of


def before_genesis(days: float) -> int:
    return epoch_start_s(1) - int(days * DAY)


def night(epoch: int, hours: float) -> int:
    return epoch_start_s(epoch) + int(hours * HOUR)


def tell(everything: list[Contribution], parts: dict[str, Part], unattributed: int) -> Chain:
    """`unattributed`: what epoch 1 left without an owner in Digits West, at least."""
    chain = Chain()
    chain.first_case = Case("first split", "Governance says for the first time how a fee is divided.", "split")
    hand_out(chain)
    register_operators(chain)
    set_splits(chain)
    create_datanets(chain)
    contribute(chain, everything)
    publish_datanet_versions(chain)
    publish_models(chain, parts)
    enter_money(chain)
    first_night(chain, everything)
    second_night(chain, unattributed)
    return chain


def hand_out(chain: Chain) -> None:
    """The treasury gives tokens to those who will vote, pay or stake; they let the vault take them."""
    spenders = {payer for payer, _ in money.DEPOSITS} | {staker for staker, _ in money.STAKES}
    spenders |= {world.MODEL_OWNER, world.SECOND_MODEL_OWNER, world.FUNDER, world.CHALLENGER}
    for i, person in enumerate(sorted(spenders)):
        amount = money.VOTES.get(person, 1_000 * money.OPEN)
        chain.at(before_genesis(20) + i * 60, Act(world.TREASURY, "token", "transfer", [who(person), amount]))
        taker = eth.contract_of("datanets") if person == world.CHALLENGER else VAULT
        chain.at(before_genesis(19) + i * 60, Act(person, "token", "approve", [taker, WITHOUT_END]))
    for voter, _ in world.VOTES:
        chain.at(before_genesis(18), Act(voter, "token", "delegate", [who(voter)]))


def register_operators(chain: Chain) -> None:
    for i, operator in enumerate(world.OPERATORS):
        registered = Act(operator, "operators", "register", [operator, f"ipfs://operator-{i + 1}"])
        key = who(world.signing_key(operator))
        chain.at(before_genesis(14) + i * HOUR, registered, Act(operator, "operators", "addSigningKey", [key]))
    old_key = who(world.signing_key(world.CEDAR, 2))
    chain.at(before_genesis(13), Act(world.CEDAR, "operators", "addSigningKey", [old_key]))


def set_splits(chain: Chain) -> None:
    case = Case("split from epoch 2", "A later split gives contributors 42% instead of 38% from epoch 2.", "split")
    values = [2, list(money.SECOND_SPLIT), who(world.PLATFORM)]
    why = "Four points more of every fee for contributors"
    chain.govern(before_genesis(4), "splits", "setSplit", values, why, case=case, event="SplitSet")


def create_datanets(chain: Chain) -> None:
    validators = [who(validator) for validator in world.VALIDATORS]
    for i, (datanet, name) in enumerate(world.DATANETS.items()):
        values = [world.datanet_salt(datanet), name, world.LICENCE, f"ipfs://datanet-{datanet}", ITEMS_MAX]
        values += [world.QUORUM, validators]
        made = Act(world.DATANET_OWNERS[datanet], "datanets", "createDatanet", values)
        chain.at(before_genesis(11) + i * HOUR, made)


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


def contribute(chain: Chain, everything: list[Contribution]) -> None:
    """Commit, show later, vote; some are decided earlier than those committed before them."""
    for i, c in enumerate(everything):
        datanet, by = world.datanet_id(c.datanet), c.contributor
        committed = before_genesis(10.5) + i * HOUR
        chain.at(committed, Act(by, "datanets", "commit", [datanet, c.commitment()]))
        content = [c.content_hash(), len(c.digits), f"ipfs://{c.content_hash().hex()}", world.LICENCE]
        content += [[who(name) for name, _ in c.beneficiaries], [share for _, share in c.beneficiaries]]
        case = None if c.fate == "withdrawn" else CONTRIBUTION_CASES.get(by)
        shown = committed + HOUR // 2
        values = [datanet, c.salt(), tuple(content)]
        chain.at(shown, Act(by, "datanets", "submit", values, case, "ContributionSubmitted"))
        if c.fate == "withdrawn":
            taken = Act(by, "datanets", "withdraw", [c.id()], WITHDRAWN, "ContributionWithdrawn")
            chain.at(shown + 2 * HOUR, taken)
            continue
        vote(chain, c, i, shown + (3 + i * 7 % 5 * 4) * HOUR + i * 2 * 60)


WITHDRAWN = Case(
    "withdrawn contribution", f"{world.WITHDRAWN} takes a contribution back before anyone decided.", "withdrawn"
)
SPLIT_VOTE = Case("split vote", "One validator rejects what two accept; all three share what voting earns.", "accepted")


def vote(chain: Chain, c: Contribution, turn: int, end: int) -> None:
    """The vote that makes the quorum decides."""
    accepted = c.fate == "accepted"
    ballots = [[accepted] * 2, [accepted, not accepted, accepted], [not accepted, accepted, accepted]][turn % 3]
    for i, ballot in enumerate(ballots):
        validator = world.VALIDATORS[(turn + i) % len(world.VALIDATORS)]
        score = (7_000 if ballot else 1_000) + (turn * 331 + i * 977) % 2_500
        items = (c.accepted_items or len(c.digits)) if ballot else 0
        decides = turn == 1 and i == len(ballots) - 1
        values = [c.id(), ballot, score, items]
        case = SPLIT_VOTE if decides else None
        cast = Act(validator, "datanets", "validate", values, case, "ContributionDecided")
        chain.at(end - (len(ballots) - 1 - i) * HOUR // 2, cast)


def publish_datanet_versions(chain: Chain) -> None:
    for i, (datanet, owner) in enumerate(world.DATANET_OWNERS.items()):
        chain.at(before_genesis(7) + i * HOUR, Act(owner, "datanets", "publishVersion", [world.datanet_id(datanet)]))


def publish_models(chain: Chain, parts: dict[str, Part]) -> None:
    base_of_second = ARTIFACT_IDS[money.FIRST]
    models = [
        (world.MODEL_OWNER, "Numeral", money.FIRST, eth.ZERO_ID, money.FIRST_PRICE),
        (world.SECOND_MODEL_OWNER, "Wide Numeral", money.SECOND, base_of_second, money.SECOND_PRICE),
    ]
    for i, (owner, name, use, base, price) in enumerate(models):
        start, version, model = before_genesis(6 - i), ARTIFACT_IDS[use], MODEL_IDS[use]
        run_salt = eth.id_of(f"training run of {name}")
        run = world.made_id(owner, run_salt)
        chain.at(start, Act(owner, "models", "createModel", [MODEL_SALTS[use], name]))
        opened = [run_salt, model, versions_of(use), f"ipfs://run-{i + 1}"]
        chain.at(start + HOUR, Act(owner, "models", "openTrainingRun", opened))
        case = Case("training payment", f"{owner} pays for the training run of {name} in advance.", "training")
        paid = Act(owner, "vault", "payTraining", [run, money.TRAINING], case if i == 0 else None, "TrainingPaid")
        chain.at(start + 2 * HOUR, paid)
        published = [model, base, attribution(use, parts[use]), price_of(price)]
        chain.at(start + 9 * HOUR, Act(owner, "models", "publishModelVersion", published))
        chain.at(start + 10 * HOUR, Act(owner, "models", "finishTrainingRun", [run, version]))
    later = Case("price from epoch 2", "Numeral becomes a little cheaper from epoch 2.", "price")
    cheaper = [ARTIFACT_IDS[money.FIRST], 2, price_of(money.FIRST_PRICE_LATER)]
    priced = Act(world.MODEL_OWNER, "models", "priceModelVersion", cheaper, later, "ModelVersionPriced")
    chain.at(before_genesis(2), priced)
    registered = [ADAPTER_SALT, ARTIFACT_IDS[money.SECOND], "Careful Eyes", money.ADAPTER_SHARE]
    registered += [attribution(money.ADAPTED, parts[money.ADAPTED]), price_of(money.ADAPTER_PRICE)]
    chain.at(before_genesis(3), Act(world.ADAPTER_OWNER, "models", "registerAdapter", registered))


def attribution(use: str, part: Part) -> tuple:
    return INFLUENCE, PARAMETERS, part.hash(), versions_of(use), True


def versions_of(use: str) -> list[bytes]:
    return sorted(world.datanet_version_id(datanet) for datanet in DATANETS_OF[use])


def price_of(price: money.Price) -> tuple:
    return price.base, price.token_in, price.token_out


def enter_money(chain: Chain) -> None:
    entered = [(payer, operator, amount, "deposit") for (payer, operator), amount in money.DEPOSITS.items()]
    entered += [(staker, operator, amount, "stake") for (staker, operator), amount in money.STAKES.items()]
    for i, (person, operator, amount, function) in enumerate(entered):
        chain.at(before_genesis(1) + i * 17 * 60, Act(person, "vault", function, [who(operator), amount]))
    case = Case("spender key", f"{world.BANK} lets another key sign its Spends.", "spender_key")
    key = who(world.SPENDER_KEYS[world.BANK])
    chain.at(before_genesis(0.5), Act(world.BANK, "vault", "addSpenderKey", [key], case, "SpenderKeyAdded"))


def first_night(chain: Chain, everything: list[Contribution]) -> None:
    payer, operator, amount = money.REFUND
    refund = Case("refund", f"{payer} asks for a part of its deposit back: paid in epoch 2's settlement.", "refund")
    asked = Act(payer, "vault", "requestRefund", [who(operator), amount], refund, "RefundRequested")
    chain.at(night(1, 5), asked)
    staker, operator, amount = money.SLASH
    slash = Case("slash", f"{operator} failed an audit, so {staker} loses a part of the stake on it.", "slash")
    slashed = [who(staker), who(operator), amount, "audit 4: an answer without a receipt"]
    chain.govern(night(1, 7), "vault", "slash", slashed, "Audit 4", case=slash, event="Slashed")
    staker, operator, amount = money.UNSTAKE
    unstake = Case("unstake", f"{staker} takes a stake out: it stops earning now and is paid in epoch 2.", "unstake")
    chain.at(night(1, 4), Act(staker, "vault", "startUnstake", [who(operator), amount]))
    chain.at(night(1, 8), Act(staker, "vault", "requestUnstake", [who(operator)], unstake, "UnstakeRequested"))
    challenge(chain, everything[0])
    campaign = [eth.id_of("campaign spring"), world.datanet_id("east"), money.INCENTIVE]
    incentive = Case("incentive", f"{world.FUNDER} deposits for a campaign in Digits East.", "incentive")
    funded = Act(world.FUNDER, "vault", "depositIncentive", campaign, incentive, "IncentiveDeposited")
    chain.at(night(1, 10), funded)
    own = Act(world.WEST_PEOPLE[1], "vault", "setRecovery", [who(world.WEST_PEOPLE[2])])
    chain.at(night(1, 12), own, stranger())
    chain.at(night(1, 13), recipient(world.WEST_PEOPLE[0], "first wallet"))
    revoked = Case("revoked key", f"{world.CEDAR} revokes its second signing key.", "key_revoked")
    old_key = who(world.signing_key(world.CEDAR, 2))
    gone = Act(world.CEDAR, "operators", "revokeSigningKey", [old_key], revoked, "SigningKeyRevoked")
    chain.at(epoch_start_s(1) + world.KEY_REVOKED_S, gone)


def stranger() -> Stray:
    """Init code that emits Deposited(kiosk, larch, 1 OPEN) and makes a contract without code."""
    case = Case("unknown contract", "A contract that is not ours copies one of our events.", "unknown_contract")
    words = [money.OPEN.to_bytes(32, "big")]
    words += [who(name).rjust(32, b"\0") for name in (world.LARCH, world.KIOSK)] + [eth.events()["Deposited"].topic]
    code = b"\x7f" + words[0] + b"\x5f\x52"  # PUSH32 amount, PUSH0, MSTORE
    code += b"".join(b"\x7f" + word for word in words[1:]) + b"\x60\x20\x5f\xa3\x00"  # topics, 32, 0, LOG3, STOP
    return Stray(world.KIOSK, code, case)


def challenge(chain: Chain, c: Contribution) -> None:
    values = [c.id(), eth.id_of("evidence of the challenge")]
    chain.at(night(1, 3), Act(world.CHALLENGER, "datanets", "challenge", values))
    lost = Case(
        "forfeited bond",
        f"{world.CHALLENGER} challenges {c.contributor}'s contribution, is wrong, and loses the bond to the reserve.",
        "forfeited_bond",
    )
    why = "The challenge is not upheld"
    ruled = [c.id(), who(world.CHALLENGER), False]
    chain.govern(night(1, 9), "datanets", "resolveChallenge", ruled, why, case=lost, event="BondForfeited")


def recipient(person: str, wallet: str) -> Act:
    case = Case(
        "recipient", f"{person} has claims paid to the {wallet}; the ledger still credits the account.", "recipient"
    )
    return Act(person, "vault", "setRecipient", [who(f"{person}, {wallet}")], case, "RecipientSet")


def second_night(chain: Chain, unattributed: int) -> None:
    payer, operator, amount = money.TOP_UP
    chain.at(night(2, 2), Act(payer, "vault", "deposit", [who(operator), amount]))
    chain.at(night(2, 1), recipient(world.WEST_PEOPLE[0], "second wallet"))
    overpaid, wronged = world.CORRECTED
    correction = Case(
        "correction",
        f"The reserve pays {wronged}, who got too little; {overpaid}, who got too much, pays back from later credits.",
        "correction",
    )
    why = "two labels were swapped"
    ordered = [who(overpaid), who(wronged), money.CORRECTION, why]
    chain.govern(
        night(2, 6), "splits", "orderCorrection", ordered, why, case=correction, event="CorrectionOrdered"
    )
    assignment = Case(
        "assignment",
        f"Governance gives {world.FUNDER} half of what epoch 1 left unattributed in Digits West.",
        "assignment",
    )
    why = "for new data"
    assigned = [world.datanet_id("west"), who(world.FUNDER), unattributed // 2, why]
    chain.govern(
        night(2, 8), "splits", "assignUnattributed", assigned, why, case=assignment, event="UnattributedAssigned"
    )
