"""Rules of settlement, third part: inflow, slashes, credits, orders and withholding; balances, payouts, the ledger."""

from collections import defaultdict
from dataclasses import dataclass, field

from .accounts import (
    OUTSIDE,
    RESERVE,
    address_account,
    deposit_account,
    incentive_account,
    is_address,
    stake_account,
    training_account,
    unattributed_account,
)
from .allocate import Rates, allocate
from .hashes import ZERO_32
from .pots import Pots
from .refused import Refused
from .signing import word
from .tables import Row

EARNED, RETURNED, CORRECTED, WITHHELD = "earned", "returned", "corrected", "withheld"
INFLOWS = ("deposit", "stake", "incentive", "training", "forfeited_bond")
CREDITED_AS = {"refund": RETURNED, "unstake": RETURNED, "correction": CORRECTED, "assignment": CORRECTED}


@dataclass
class Settlement:
    """The books of one epoch while they are written."""

    epoch: int
    balances: defaultdict[bytes, int]
    ledger: defaultdict[tuple[bytes, bytes, str, bytes], int] = field(default_factory=lambda: defaultdict(int))
    credits: defaultdict[bytes, dict[str, int]] = field(
        default_factory=lambda: defaultdict(lambda: dict.fromkeys((EARNED, RETURNED, CORRECTED, WITHHELD), 0))
    )
    pending: list[Row] = field(default_factory=list)

    def move(self, debit: bytes, credit: bytes, reason: str, source: bytes, amount: int, column: str = EARNED) -> None:
        """One movement. A balance never falls below zero; addresses are credited (or withheld from) in `column`."""
        if amount == 0:
            return
        self.ledger[debit, credit, reason, source] += amount
        for account, change in ((debit, -amount), (credit, amount)):
            if is_address(account):
                self.credits[account[13:]][column] += amount
            elif account != OUTSIDE:
                self.balances[account] += change
                if self.balances[account] < 0:
                    raise Refused(f"conservation: the balance of 0x{account.hex()} falls below zero")

    def inflow(self, flow: Row) -> None:
        """Money that enters."""
        party, source = flow["party"], ZERO_32
        if flow["kind"] in ("deposit", "stake"):
            account_of = deposit_account if flow["kind"] == "deposit" else stake_account
            account, source = account_of(party, flow["operator"]), word(flow["operator"])
        elif flow["kind"] == "incentive":
            account, source = incentive_account(flow["reference"]), flow["datanet"]
        elif flow["kind"] == "training":
            account, source = training_account(flow["reference"]), flow["reference"]
        else:
            account = RESERVE
        self.move(OUTSIDE, account, flow["kind"], source, flow["amount"])

    def slash(self, flow: Row) -> None:
        """A stake to the reserve, as far as it is there."""
        account = stake_account(flow["party"], flow["operator"])
        amount = min(flow["amount"], self.balances[account])
        self.move(account, RESERVE, "slash", word(flow["operator"]), amount)

    def pay(self, order: Row) -> None:
        """An order as far as its source is covered; the rest waits."""
        kind = order["kind"]
        if kind in ("refund", "unstake"):
            account_of = deposit_account if kind == "refund" else stake_account
            debit, source = account_of(order["account"], order["operator"]), word(order["operator"])
        elif kind == "correction":
            debit, source = RESERVE, order["reference"]
        else:
            debit, source = unattributed_account(order["datanet"]), order["datanet"]
        amount = min(order["amount"], self.balances[debit])
        self.move(debit, address_account(order["account"]), kind, source, amount, CREDITED_AS[kind])
        self.wait(order, order["amount"] - amount)

    def withhold(self, debt: Row) -> None:
        """What an account owes the reserve, out of its credits of this settlement."""
        credits = self.credits[debt["account"]]
        left = credits[EARNED] + credits[RETURNED] + credits[CORRECTED] - credits[WITHHELD]
        amount = min(debt["amount"], left)
        self.move(address_account(debt["account"]), RESERVE, "withholding", debt["reference"], amount, WITHHELD)
        self.wait(debt, debt["amount"] - amount)

    def wait(self, order: Row, amount: int) -> None:
        """Carries an order's rest over into the next epoch."""
        if amount > 0:
            self.pending.append(order | {"epoch": self.epoch, "amount": amount})


def order_of(flow: Row, kind: str, account: bytes) -> Row:
    """A money event as a row of pending."""
    order = {"epoch": flow["epoch"], "block": flow["block"], "log": flow["log"], "kind": kind, "account": account}
    return order | {name: flow[name] for name in ("operator", "datanet", "reference", "amount")}


def settle(
    registry: dict[str, list[Row]], charges: list[Row], attributions: list[Row], opening: dict, epoch: int
) -> dict[str, list[Row]]:
    """The tables allocations, divisions, balances, pending, ledger and payouts."""
    books = Settlement(epoch, defaultdict(int, {row["account"]: row["amount"] for row in opening["balances"]}))
    flows = registry["flows"]  # in chain order
    for flow in (flow for flow in flows if flow["kind"] in INFLOWS):
        books.inflow(flow)
    for flow in (flow for flow in flows if flow["kind"] == "slash"):
        books.slash(flow)
    rates = Rates(registry)
    weights = {row["receipt"]: row for row in attributions}
    charged = [row for row in charges if row["outcome"] == "charged"]
    allocations = [allocate(row, weights[row["receipt"]], rates) for row in charged]
    pots = Pots(epoch, rates)
    for row in allocations:
        pots.direct(row)
    pots.summed(allocations)
    for pot in pots.pots.values():
        for debit, credit, source, amount in pot.entries():
            books.move(debit, credit, "inference", source, amount)
    _orders(books, flows, opening["pending"])
    return {
        "allocations": allocations,
        "divisions": pots.divisions,
        "balances": [
            {"epoch": epoch, "account": account, "amount": amount}
            for account, amount in books.balances.items()
            if amount
        ],
        "pending": books.pending,
        "ledger": _ledger(books),
        "payouts": _payouts(books, opening["payouts"]),
    }


def _orders(books: Settlement, flows: list[Row], carried: list[Row]) -> None:
    """Orders in chain order, carried ones first; this epoch's refunds and unstakes wait; withholding last."""
    in_chain_order = sorted(carried, key=lambda row: (row["block"], row["log"]))
    for order in (order for order in in_chain_order if order["kind"] != "debt"):
        books.pay(order)
    debts = [order for order in in_chain_order if order["kind"] == "debt"]
    for flow in flows:
        if flow["kind"] in ("refund", "unstake"):
            books.wait(order_of(flow, flow["kind"], flow["party"]), flow["amount"])
        if flow["kind"] in ("correction", "assignment") and any(flow["party"]):
            books.pay(order_of(flow, flow["kind"], flow["party"]))
        if flow["kind"] == "correction" and flow["overpaid"]:
            debts.append(order_of(flow, "debt", flow["overpaid"]))
    for debt in debts:
        books.withhold(debt)


def _ledger(books: Settlement) -> list[Row]:
    rows = []
    for (debit, credit, reason, source), amount in books.ledger.items():
        row = {"epoch": books.epoch, "debit_account": debit, "credit_account": credit, "amount": amount}
        rows.append(row | {"reason": reason, "source": source})
    return rows


def _payouts(books: Settlement, before: list[Row]) -> list[Row]:
    cumulative = defaultdict(int, {row["account"]: row["cumulative"] for row in before})
    rows = []
    for account in cumulative.keys() | books.credits.keys():
        credits = books.credits[account]
        amount = credits[EARNED] + credits[RETURNED] + credits[CORRECTED] - credits[WITHHELD]
        row: Row = {"epoch": books.epoch, "account": account, **credits}
        row |= {"amount": amount, "cumulative": cumulative[account] + amount}
        if row["cumulative"] > 0:
            rows.append(row)
    return rows
