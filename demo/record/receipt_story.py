"""Two nights of receipts: ordinary rounds of three operators, and between them everything that can go wrong."""

import numpy as np

from . import world
from .desk import MINUTE_US, NOISE, SLACK_MAX, Desk, Lane, QueryDeck, garbage
from .money import FIRST, SECOND
from .story import EPOCHS, Case, Story, epoch_start_s
from .wire import influence_evidence, sketch

ROUND_BATCH = (8, 16)
DAY_US = 86_400_000_000


def tell(decks: dict[str, QueryDeck], story: Story, seed: int) -> Desk:
    desk = Desk(decks, story, np.random.default_rng([seed, 7]))
    lanes = [Lane(world.PINE, 1), Lane(world.PINE, 2), Lane(world.CEDAR, 1), Lane(world.LARCH, 7)]
    first_night(desk, *lanes)
    end_night(desk, lanes[2])
    second_night(desk, *lanes)
    end_night(desk, lanes[2])
    return desk


def regular_round(desk: Desk, lanes: tuple[Lane, ...]) -> None:
    for lane in lanes:
        desk.send(lane, desk.answers(lane.operator, desk.below(*ROUND_BATCH)))


def first_night(desk: Desk, *lanes: Lane) -> None:
    pine, pine_two, cedar, larch = lanes
    steps = [
        [lambda: wrong_signature(desk, pine)],
        [lambda: undecodable(desk), lambda: replayed(desk, cedar)],
        [lambda: gap(desk, larch)],
        [lambda: fork(desk, pine_two), lambda: beyond_spend(desk, cedar)],
        [lambda: beyond_deposit(desk, larch), lambda: nothing_found(desk, pine)],
        [lambda: evidence_missing(desk, pine_two), lambda: revoked_key(desk, cedar)],
    ]
    for cases in steps:
        regular_round(desk, lanes)
        for case in cases:
            case()


def second_night(desk: Desk, *lanes: Lane) -> None:
    pine, pine_two, cedar, larch = lanes
    steps = [
        [lambda: yesterday(desk, pine)],
        [lambda: clock_back(desk, cedar), lambda: unknown_key(desk, larch)],
        [lambda: evidence_malformed(desk, pine_two)],
        [lambda: nothing_found(desk, pine)],
        [],
        [],
    ]
    for cases in steps:
        regular_round(desk, lanes)
        for case in cases:
            case()


def end_night(desk: Desk, lane: Lane) -> None:
    """Closes both partitions; in one of them Close(1) is written again after the next epoch's first batch."""
    assert desk.now_us < epoch_start_s(desk.epoch + 1) * 1_000_000, "the night is too long"
    for partition in range(desk.topic.partitions):
        desk.close(partition)
    if desk.epoch == EPOCHS:
        return
    again = Case("second Close", "The settler writes Close(1) again; only the first one ends the epoch.", "nothing")
    desk.epoch += 1
    desk.send(lane, desk.answers(lane.operator, 9))
    desk.epoch -= 1
    place = desk.close(world.PARTITION[lane.operator])
    desk.epoch += 1
    desk.story.add(again, desk.epoch, place)


def wrong_signature(desk: Desk, lane: Lane) -> None:
    case = Case("wrong signature", "A batch names one key and is signed with another.", "signature")
    batch = desk.seal(lane, desk.answers(lane.operator, 8), signed_by="somebody else")
    desk.stray(case, lane.operator, batch.record)


def undecodable(desk: Desk) -> None:
    case = Case("undecodable record", "Bytes that are no message at all arrive between the batches.", "undecodable")
    desk.stray(case, world.PINE, garbage(97))


def replayed(desk: Desk, lane: Lane) -> None:
    batch = desk.seal(lane, desk.answers(lane.operator, 10))
    desk.pass_time()
    desk.count(lane, batch)
    case = Case("replayed batch", "The same batch arrives twice; the second time nobody is charged.", "replayed")
    desk.stray(case, lane.operator, batch.record)


def gap(desk: Desk, lane: Lane) -> None:
    """The later batch is made on the earlier one, but arrives before it."""
    earlier = desk.seal(lane, [desk.answer(lane.operator, world.BANK, FIRST) for _ in range(8)])
    answers = [desk.answer(lane.operator, world.CLINIC, SECOND) for _ in range(9)]
    later = desk.seal(lane, answers, ahead=2, previous=earlier.id())
    case = Case("gap in a lane", "A batch arrives before the one it follows; refused, for now.", "lane_gap")
    desk.stray(case, lane.operator, later.record)
    for batch, what in (
        (earlier, "The missing batch of the lane arrives and counts."),
        (later, "The batch that came too early is sent again and counts."),
    ):
        desk.pass_time()
        place = desk.count(lane, batch)
        desk.story.add(Case("gap in a lane", what, "charged"), desk.epoch, place)


def fork(desk: Desk, lane: Lane) -> None:
    first = desk.seal(lane, desk.answers(lane.operator, 8))
    second = desk.seal(lane, desk.answers(lane.operator, 8))
    desk.pass_time()
    desk.count(lane, first)
    case = Case(
        "fork of a lane", "Two signed batches have one number: the first counts, the pair is evidence.", "lane_fork"
    )
    desk.stray(case, lane.operator, second.record)


def beyond_spend(desk: Desk, lane: Lane) -> None:
    """The Spend is one base unit short of the last receipt."""
    payer = world.CLINIC
    case = Case(
        "beyond the Spend", f"{payer} signed for one base unit less than the last receipt needs.", "beyond_spend"
    )
    answers = [desk.answer(lane.operator, payer, SECOND) for _ in range(8)]
    answers.append(desk.answer(lane.operator, payer, SECOND, case))
    fees = sum(a.fee for a in answers)
    assert fees > SLACK_MAX, "an earlier Spend covers the batch"
    due = desk.accounts.so_far(payer, lane.operator) + fees
    desk.send(lane, answers, spends={payer: due - 1})


def beyond_deposit(desk: Desk, lane: Lane) -> None:
    """Of four receipts the third does not fit into the deposit; the fourth, a smaller one, does."""
    payer = world.KIOSK
    refused = Case("beyond the deposit", f"{payer}'s deposit does not cover the third receipt.", "beyond_deposit")
    fits = Case("beyond the deposit", "The fourth is smaller and still fits.", "charged")
    plan = [((500, 300), None), ((500, 300), None), ((900, 400), refused), ((50, 20), fits)]
    answers = [desk.answer(lane.operator, payer, FIRST, case, tokens) for tokens, case in plan]
    left = desk.accounts.left(payer, lane.operator)
    before = answers[0].fee + answers[1].fee
    assert before + answers[2].fee > left >= before + answers[3].fee
    desk.send(lane, answers + desk.answers(lane.operator, 6))


def nothing_found(desk: Desk, lane: Lane) -> None:
    what = "The query is a picture of noise: nobody's data stands out, and nobody in particular is paid."
    case = Case("unattributed receipt", what, "unattributed")
    answers = desk.answers(lane.operator, 6)
    answers[3:3] = [desk.answer(lane.operator, world.BANK, NOISE, case) for _ in range(2)]
    desk.send(lane, answers)


def evidence_missing(desk: Desk, lane: Lane) -> None:
    case = Case("missing evidence", "A receipt names evidence that its batch does not bring.", "evidence_missing")
    bare = desk.answer(lane.operator, world.POST, SECOND, case)
    answers = [*desk.answers(lane.operator, 7), bare, *desk.answers(lane.operator, 2)]
    desk.send(lane, answers, left_out=[bare])


def evidence_malformed(desk: Desk, lane: Lane) -> None:
    case = Case("malformed evidence", "A receipt brings one sketch where three are needed.", "evidence_malformed")
    short = influence_evidence([sketch(3, bytes(range(256)))], [])
    odd = desk.answer(lane.operator, world.POST, FIRST, case, evidence=short)
    desk.send(lane, [*desk.answers(lane.operator, 4), odd, *desk.answers(lane.operator, 4)])


def revoked_key(desk: Desk, lane: Lane) -> None:
    what = "A batch is signed with the key that its operator revoked some hours before."
    assert desk.now_us > (epoch_start_s(1) + world.KEY_REVOKED_S) * 1_000_000, "the key is still good"
    batch = desk.seal(lane, desk.answers(lane.operator, 8), key=world.signing_key(lane.operator, 2))
    desk.stray(Case("revoked key", what, "invalid_key"), lane.operator, batch.record)


def unknown_key(desk: Desk, lane: Lane) -> None:
    what = "A batch is signed with a key that its operator never registered."
    batch = desk.seal(lane, desk.answers(lane.operator, 8), key=world.signing_key(lane.operator, 9))
    desk.stray(Case("unknown key", what, "invalid_key"), lane.operator, batch.record)


def yesterday(desk: Desk, lane: Lane) -> None:
    case = Case("late receipt", "A receipt says that it was served yesterday: charged, and marked late.", "charged")
    late = desk.answer(lane.operator, world.POST, FIRST, case, ago_us=DAY_US)
    desk.send(lane, [late, *desk.answers(lane.operator, 8)])


def clock_back(desk: Desk, lane: Lane) -> None:
    """The log's clock steps back by two hours; the order of offsets stays."""
    desk.pass_time()
    place = desk.count(lane, desk.seal(lane, desk.answers(lane.operator, 10)), back_us=120 * MINUTE_US)
    what = "The log's clock steps back for one record; its log time is that of the record before it."
    desk.story.add(Case("clock of the log", what, "charged"), desk.epoch, place)
