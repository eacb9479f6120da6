"""The rules on the small world: every figure was worked out by hand."""

from dataclasses import replace

import pytest

from making import Made, make
from openbooks_verify.accounts import RESERVE, address_account, deposit_account, stake_account
from openbooks_verify.chain import Change, Event, binding
from openbooks_verify.recording import Record
from openbooks_verify.registry_data import _beneficiaries
from world import NETWORK, VERSION, K, World, abi, contribution_of, id_of, two_nights, who


@pytest.fixture(scope="module")
def nights() -> list[Made]:
    world = two_nights(evidence_public=True)
    chain, receipts = world.topics()
    first = make(NETWORK, 1, chain, receipts, world.artifacts, None)
    return [first, make(NETWORK, 2, chain, receipts, world.artifacts, first)]


def number_of(made: Made, name: str) -> int:
    return next(r["number"] for r in made.epoch.tables["contributions"] if r["contribution"] == contribution_of(name))


def test_outcomes(nights):
    first, second = (made.epoch.tables["charges"] for made in nights)
    assert [(row["outcome"], row["fee"]) for row in first] == [
        ("charged", 1_001),
        ("charged", 1_011),
        ("beyond_spend", 0),
    ]
    assert [(row["outcome"], row["fee"]) for row in second] == [("charged", 1_001), ("charged", 1_002)]
    assert {row["kind"] for row in nights[0].epoch.raw.tables["raw_log"]} == {"batch", "close", "events", "quarantined"}
    reasons = sorted(row["reason"] for row in nights[0].epoch.raw.tables["quarantine"])
    assert reasons == ["undecodable", "unknown_contract"]


def test_weights(nights):
    """The query is (1, 2, 3, 4) with exponent 2, rows have 1: scores are 8 times the products.

    The decoy has 8; of anna 10 and 4, of bert 4 (a copy, not scored) and 15, of cleo 0: a = 72, 24, 112. Two count.
    """
    made = nights[0]
    attributions = {row["fee"]: row for row in made.epoch.tables["attributions"]}
    weights = sorted([(number_of(made, "anna"), 72), (number_of(made, "bert"), 112)])
    for fee, tau in ((1_001, None), (1_011, 8)):
        row = attributions[fee]
        assert (row["tau_base"], row["tau_adapter"]) == (8, tau)
        assert [(one["part"], one["number"], one["weight"]) for one in row["weights"]] == [
            (0, n, w) for n, w in weights
        ]
    copies = made.epoch.tables["clusters"]
    assert [(row["contribution"], row["item"], row["original_item"]) for row in copies] == [
        (contribution_of("bert"), 0, 1)
    ]


def test_allocation_through_an_adapter_without_items(nights):
    """Fee 1,011. Shares in basis points 100 900 1000 500 500 1000 1000 1000 3000 1000.

    Floors 10 90 101 50 50 101 101 101 303 101 leave 3: to the largest remainders 9900 (datanet owner), then 5500 (base
    and adapter owner). The pool 303: a quarter, 75.75, to the adapter: 76 and 227; the adapter has no items: reserve.
    227 by 72 and 112: 88.8 and 138.2. No base model, nobody with earning stakes: their 51 and 101 to the reserve.
    """
    made = nights[0]
    row = next(row for row in made.epoch.tables["allocations"] if row["fee"] == 1_011)
    roles = ("platform", "datanet_owner", "model_owner", "base_model_owner", "adapter_owner", "operator_fee")
    assert [row[role] for role in roles] == [10, 91, 101, 0, 51, 101]
    assert (row["validators"], row["stakers"], row["contributors"]) == (101, 0, 227)
    assert row["reserve"] == 101 + 51 + 101 + 76
    amounts = {one["number"]: one["amount"] for one in row["shares"]}
    assert amounts == {number_of(made, "anna"): 89, number_of(made, "bert"): 138}
    assert [one["owner_amount"] for one in row["datanets"]] == [91]


def test_what_is_divided_once(nights):
    """Bert names himself twice, 50 and 20 percent, and a friend: merged by account."""
    made = nights[0]
    divisions = [row for row in made.epoch.tables["divisions"] if row["subject"] == contribution_of("bert")]
    shares = {row["account"]: row["weight"] for row in divisions if row["role"] == "contributors"}
    assert shares == {address_account(who("bert")): 7_000, address_account(who("friend")): 3_000}
    voters = [row for row in divisions if row["role"] == "validators"]
    assert [(row["account"], row["weight"]) for row in voters] == [(address_account(who("validator")), 1)]
    assert not [row for row in made.epoch.tables["divisions"] if row["role"] == "stakers"]


def test_stakers_earn_from_the_second_night(nights):
    """Staked 500, slashed 20, asked back 100: 380 at both cutoffs."""
    assert [[row["earning"] for row in made.epoch.tables["stakes"]] for made in nights] == [[0], [380]]
    second = nights[1].epoch.tables["divisions"]
    assert [(r["account"], r["weight"], r["amount"]) for r in second if r["role"] == "stakers"] == [
        (address_account(who("staker")), 380, 200)
    ]


def test_orders_wait_and_are_paid_as_far_as_covered(nights):
    first, second = (made.epoch.tables for made in nights)
    assert [(row["kind"], row["amount"]) for row in first["pending"]] == [("refund", 9_500), ("unstake", 100)]
    balances = {row["account"]: row["amount"] for row in first["balances"]}
    deposit = deposit_account(who("payer"), who("operator"))
    assert balances[deposit] == 10_000 - 2_012
    assert balances[stake_account(who("staker"), who("operator"))] == 480
    # Second night: 2,003 more were charged; 5,985 are left for a refund of 9,500. The reserve covers a part of the
    # correction, nothing is unattributed, and what anna owes is more than she earns.
    left = 10_000 - 2_012 - 2_003
    pending = {row["kind"]: row["amount"] for row in second["pending"]}
    reserve = balances[RESERVE] + sum(row["reserve"] for row in second["allocations"])
    paid = min(1_000, reserve)
    anna = next((row for row in second["payouts"] if row["account"] == who("anna")), None)
    assert anna is not None and anna["withheld"] == anna["earned"] and anna["amount"] == 0
    expected = {"refund": 9_500 - left, "assignment": 5, "debt": 1_000 - anna["withheld"]}
    assert pending == expected | ({"correction": 1_000 - paid} if paid < 1_000 else {})
    bert = next(row for row in second["payouts"] if row["account"] == who("bert"))
    assert bert["corrected"] == paid
    assert next(row["returned"] for row in second["payouts"] if row["account"] == who("payer")) == left


def test_log_time_never_steps_back_and_ends_with_the_epoch(nights):
    world = two_nights(evidence_public=True)
    chain, receipts = world.topics()
    close = receipts.records[3].time_us
    receipts.records[0] = replace(receipts.records[0], time_us=close + 5)
    receipts.records[2] = replace(receipts.records[2], time_us=7)
    made = make(NETWORK, 1, chain, receipts, world.artifacts, None)
    assert {row["log_time"] for row in made.epoch.tables["charges"]} == {close}


def test_an_empty_night_has_the_root_zero():
    world = World()
    world.block(("OperatorRegistered", [who("operator"), "", ""]))
    world.close(1)
    made = make(NETWORK, 1, *world.topics(), {}, None)
    assert made.manifest["payout_root"] == "0x" + "00" * 32
    assert made.manifest["total_cumulative"] == "0"


def event(epoch: int, binding_epoch: int) -> Event:
    return Event("SplitSet", {"bindingEpoch": binding_epoch}, 0, 0, 0, 0, epoch)


def test_a_change_binds_two_epochs_after_its_event_the_first_at_once():
    changes = [Change(event(3, 9), "first"), Change(event(3, 0), "second"), Change(event(4, 7), "third")]
    changes.append(Change(event(5, 6), "fourth"))
    bound = [binding(changes, epoch) for epoch in (3, 4, 5, 6, 7, 8)]
    assert bound == ["first", "first", "second", "second", "fourth", "fourth"]
    assert binding([], 3) is None


def test_beneficiaries_are_merged_by_account():
    found = _beneficiaries([b"b", b"a", b"b", b"z"], [5_000, 3_000, 2_000, 0], b"c")
    assert found == [{"account": b"a", "share": 3_000}, {"account": b"b", "share": 7_000}]


def test_beneficiaries_that_do_not_add_up_mean_the_contributor():
    alone = [{"account": b"c", "share": 10_000}]
    for accounts, shares in (([], []), ([b"a"], [9_999]), ([b"a"], [5_000, 5_000])):
        assert _beneficiaries(accounts, shares, b"c") == alone


def test_the_first_batch_under_a_number_counts(nights):
    """The same batch again is a replay; it changes no lane."""
    world = two_nights(evidence_public=True)
    chain, receipts = world.topics()
    again = receipts.records[0]
    moved = [Record(0, r.offset + 1, r.time_us, r.key, r.value) for r in receipts.records[1:]]
    receipts.records[1:] = [replace(again, offset=1), *moved]
    made = make(NETWORK, 1, chain, receipts, world.artifacts, None)
    outcomes = [row["outcome"] for row in made.epoch.tables["charges"]]
    assert outcomes == ["charged", "charged", "replayed", "replayed", "beyond_spend"]
    heads = [made.epoch.tables["lane_heads"], nights[0].epoch.tables["lane_heads"]]
    assert heads[0] == heads[1]


def publish(world: World, name: str, index: bytes, datanets: list[bytes], decoys: int = 1) -> bytes:
    """Another model version, of somebody who may publish what they like, and a receipt that uses it."""
    version, parameters = id_of(name), abi(["uint32"] * 4, [K, 1, decoys, 2])
    published = [version, id_of("model"), 1, parameters, index, datanets, bytes(32), True]
    world.block(("ModelVersionPublished", published), ("ModelVersionPriced", [version, 0, 1, 0, 0]))
    world.send([("payer", b"", 0)], {}, version=version)
    return version


def test_a_version_whose_artifacts_nobody_can_use_stops_nobody(nights):
    """It is refused by name, its receipts too, and everybody else gets what they would get without it."""
    refused: list[bytes] = []

    def others(world: World, index: bytes) -> None:
        data = [id_of("net 1")]
        refused.append(publish(world, "an index that nobody has", id_of("nowhere"), data))
        refused.append(publish(world, "an honest index, for other data", index, []))
        refused.append(publish(world, "more decoys than there are", index, data, decoys=2))
        refused.append(publish(world, "a list of items", next(iter(world.artifacts)), data))
        refused.append(publish(world, "an index of nothing", world.index({}), data))

    world = two_nights(evidence_public=True, others=others)
    made = make(NETWORK, 1, *world.topics(), world.artifacts, None)
    assert made.manifest["inputs"]["refused"] == sorted("0x" + scope.hex() for scope in refused)
    assert made.manifest["inputs"]["artifacts"] == nights[0].manifest["inputs"]["artifacts"]
    outcomes = [row["outcome"] for row in made.epoch.tables["charges"] if row["model_version"] != VERSION]
    assert outcomes == ["artifact_unusable"] * len(refused)

    def paid(made: Made) -> dict[bytes, int]:
        return {row["account"]: row["cumulative"] for row in made.epoch.tables["payouts"]}

    assert paid(made) == paid(nights[0])
