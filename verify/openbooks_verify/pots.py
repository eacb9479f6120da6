"""Rules of settlement, second part: what is summed over the epoch and divided once, and the pots of the ledger.

A pot holds what payers' deposits give for one role and source, and who gets it; both sides are equal.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from .accounts import RESERVE, address_account, deposit_account, divide, unattributed_account
from .allocate import Rates
from .refused import Refused
from .signing import word
from .tables import Row

Source = bytes


@dataclass
class Pot:
    """Sums by deposit account, and by (account, source)."""

    debits: defaultdict[bytes, int] = field(default_factory=lambda: defaultdict(int))
    credits: defaultdict[tuple[bytes, Source], int] = field(default_factory=lambda: defaultdict(int))

    def entries(self) -> list[tuple[bytes, bytes, Source, int]]:
        """(debit, credit, source, amount): both sides ascend and are walked together, each step the smaller rest."""
        debits = [(account, amount) for account, amount in sorted(self.debits.items()) if amount]
        credits = [(key, amount) for key, amount in sorted(self.credits.items()) if amount]
        if sum(amount for _, amount in debits) != sum(amount for _, amount in credits):
            raise Refused("conservation: a pot's debits and credits differ")
        found: list[tuple[bytes, bytes, Source, int]] = []
        i, j, debited, credited = 0, 0, 0, 0  # of debits[i] and credits[j]
        while i < len(debits):
            step = min(debits[i][1] - debited, credits[j][1] - credited)
            debited, credited = debited + step, credited + step
            found.append((debits[i][0], *credits[j][0], step))
            if debited == debits[i][1]:
                i, debited = i + 1, 0
            if credited == credits[j][1]:
                j, credited = j + 1, 0
        return found


@dataclass
class Pots:
    """All pots of an epoch, and the table divisions."""

    epoch: int
    rates: Rates
    pots: defaultdict[tuple[str, bytes], Pot] = field(default_factory=lambda: defaultdict(Pot))
    divisions: list[Row] = field(default_factory=list)

    def direct(self, row: Row) -> None:
        """Credits of one receipt that are divided no further."""
        rates, version = self.rates, row["model_version"]
        model, deposit = rates.models[version], deposit_account(row["payer"], row["operator"])
        base = rates.models.get(model["base_version"])
        adapter = rates.adapters.get(row["adapter"])
        owners = {
            "platform": rates.platform,
            "model_owner": model["owner"],
            "base_model_owner": base["owner"] if base else None,
            "adapter_owner": adapter["owner"] if adapter else None,
        }
        for role, owner in owners.items():
            if row[role]:
                assert owner is not None, "allocate.py gives a role with nobody in it to the reserve"
                self._move(role, version, deposit, address_account(owner), version, row[role])
        self._move("reserve", version, deposit, RESERVE, version, row["reserve"])
        operator = word(row["operator"])
        self._move("operator", operator, deposit, address_account(row["operator"]), operator, row["operator_fee"])
        for one in row["datanets"]:
            datanet = one["datanet"]
            owner = address_account(rates.datanets[datanet]["owner"])
            self._move("datanet_owner", datanet, deposit, owner, datanet, one["owner_amount"])
            self._move("unattributed", datanet, deposit, unattributed_account(datanet), datanet, one["unattributed"])

    def _move(self, role: str, of: bytes, debit: bytes, credit: bytes, source: Source, amount: int) -> None:
        self.pots[role, of].debits[debit] += amount
        self.pots[role, of].credits[credit, source] += amount

    def summed(self, rows: list[Row]) -> None:
        """Contributions' sums to beneficiaries and voters, operators' sums to stakers."""
        contributors: defaultdict[int, int] = defaultdict(int)
        by_version: defaultdict[bytes, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
        validators: defaultdict[bytes, int] = defaultdict(int)
        stakers: defaultdict[bytes, int] = defaultdict(int)
        for row in rows:
            deposit = deposit_account(row["payer"], row["operator"])
            for share in row["shares"]:
                datanet = self.rates.by_number[share["number"]]["datanet"]
                self.pots["contributors", datanet].debits[deposit] += share["amount"]
                contributors[share["number"]] += share["amount"]
                by_version[row["model_version"]][share["number"]] += share["amount"]
            validators[row["model_version"]] += row["validators"]
            self.pots["validators", b""].debits[deposit] += row["validators"]
            stakers[row["operator"]] += row["stakers"]
            self.pots["stakers", row["operator"]].debits[deposit] += row["stakers"]
        self._beneficiaries(contributors)
        self._voters(validators, by_version)
        for operator, whole in sorted(stakers.items()):
            members = [
                (address_account(staker), stake) for staker, stake in self.rates.earning_stakes.get(operator, [])
            ]
            self._divide("stakers", operator, word(operator), whole, members, word(operator))

    def _beneficiaries(self, sums: dict[int, int]) -> None:
        for number, whole in sorted(sums.items()):
            row = self.rates.by_number[number]
            members = sorted((address_account(one["account"]), one["share"]) for one in row["beneficiaries"])
            self._divide("contributors", row["datanet"], row["contribution"], whole, members, row["datanet"])

    def _voters(self, sums: dict[bytes, int], by_version: dict[bytes, defaultdict[int, int]]) -> None:
        of_contribution: defaultdict[int, int] = defaultdict(int)
        for version, whole in sums.items():
            got = sorted((number, amount) for number, amount in by_version[version].items() if amount)
            if whole:
                for (number, _), amount in zip(got, divide(whole, [amount for _, amount in got])):
                    of_contribution[number] += amount
        voters: defaultdict[bytes, list[tuple[bytes, int]]] = defaultdict(list)
        for vote in self.rates.registry["validations"]:
            voters[vote["contribution"]].append((address_account(vote["validator"]), 1))
        for number, whole in sorted(of_contribution.items()):
            row = self.rates.by_number[number]
            members = sorted(voters[row["contribution"]]) or [(RESERVE, 1)]
            self._divide("validators", b"", row["contribution"], whole, members, row["datanet"])

    def _divide(
        self, role: str, pot: bytes, subject: bytes, whole: int, members: list[tuple[bytes, int]], source: Source
    ) -> None:
        """Divides a sum; ties by account, in whose order the members stand."""
        if whole == 0:
            return
        for (account, weight), amount in zip(members, divide(whole, [weight for _, weight in members])):
            row = {"epoch": self.epoch, "role": role, "subject": subject, "account": account, "whole": whole}
            self.divisions.append(row | {"weight": weight, "amount": amount, "source": source})
            self.pots[role, pot].credits[account, source] += amount
