"""Conservation (DESIGN section 6.7): per receipt, per epoch, for ever, no base unit is made or lost."""

from collections import defaultdict

from .accounts import OUTSIDE, address_account, is_address
from .allocate import COLUMNS
from .epoch import Epoch
from .refused import Refused, show
from .tables import Row


def check(epoch: Epoch, opening: dict[str, list[Row]]) -> None:
    """Refuses when any sum does not add up."""
    _each_receipt(epoch)
    _each_account(epoch, opening)
    _for_ever(epoch)


def _must(condition: bool, what: str) -> None:
    if not condition:
        raise Refused(f"conservation: {what}")


def _each_receipt(epoch: Epoch) -> None:
    fees = {row["receipt"]: row["fee"] for row in epoch.tables["charges"] if row["outcome"] == "charged"}
    allocated = {row["receipt"]: row for row in epoch.tables["allocations"]}
    _must(fees.keys() == allocated.keys(), "charged receipts and allocations differ")
    for receipt, row in allocated.items():
        _must(sum(row[column] for column in COLUMNS.values()) == fees[receipt], f"roles of receipt {show(receipt)}")
        pool = sum(share["amount"] for share in row["shares"]) + sum(one["unattributed"] for one in row["datanets"])
        _must(pool == row["contributors"], f"the contributors' pool of receipt {show(receipt)}")
        owners = sum(one["owner_amount"] for one in row["datanets"])
        _must(owners == row["datanet_owner"], f"datanet owners of receipt {show(receipt)}")
    inference = sum(row["amount"] for row in epoch.tables["ledger"] if row["reason"] == "inference")
    _must(inference == epoch.totals["charged"], "what was charged is not what was credited")


def _each_account(epoch: Epoch, opening: dict[str, list[Row]]) -> None:
    """Every account: opening + credits - debits = closing."""
    held: defaultdict[bytes, int] = defaultdict(int)
    for row in opening["balances"]:
        held[row["account"]] += row["amount"]
    before = {address_account(row["account"]): row["cumulative"] for row in opening["payouts"]}
    for account, cumulative in before.items():
        held[account] += cumulative
    for row in epoch.tables["ledger"]:
        held[row["debit_account"]] -= row["amount"]
        held[row["credit_account"]] += row["amount"]
    closing = {row["account"]: row["amount"] for row in epoch.tables["balances"]}
    closing |= {address_account(row["account"]): row["cumulative"] for row in epoch.tables["payouts"]}
    for account in held.keys() | closing.keys():
        if account != OUTSIDE:
            _must(held[account] == closing.get(account, 0), f"account {show(account)} does not close")
            _must(not is_address(account) or held[account] >= before.get(account, 0), f"{show(account)} falls")


def _for_ever(epoch: Epoch) -> None:
    """Everything that ever came in = cumulative leaves + what is held."""
    held = sum(row["amount"] for row in epoch.tables["balances"])
    _must(epoch.inflow_ever == epoch.total_cumulative + held, "what came in is not what was paid and is held")
