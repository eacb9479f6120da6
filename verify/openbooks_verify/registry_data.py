"""Rules of the registry, first part: datanets, their versions, contributions and votes."""

from dataclasses import dataclass, field

from .chain import Event
from .hashes import keccak, tree_hash
from .refused import same
from .tables import Row


@dataclass
class DataRegistry:
    """The state of datanets and contributions; rows without their epoch."""

    datanets: dict[bytes, Row] = field(default_factory=dict)
    versions: dict[bytes, Row] = field(default_factory=dict)
    contributions: dict[bytes, Row] = field(default_factory=dict)
    votes: dict[tuple[bytes, bytes], Row] = field(default_factory=dict)
    commitments: dict[tuple[bytes, bytes, bytes], Event] = field(default_factory=dict)
    decided: list[bytes] = field(default_factory=list)

    def tables(self, last_block_hash: bytes) -> dict[str, list[Row]]:
        """The snapshot; contributions get their dense numbers."""
        order = sorted(self.contributions, key=lambda contribution: keccak(last_block_hash, contribution))
        for number, contribution in enumerate(order):
            self.contributions[contribution]["number"] = number
        datanets = [row | {"validators": sorted(row["validators"])} for row in self.datanets.values()]
        return {
            "datanets": datanets,
            "datanet_versions": list(self.versions.values()),
            "contributions": list(self.contributions.values()),
            "validations": list(self.votes.values()),
        }

    def take(self, event: Event) -> None:
        """Applies one event; those of other registries are ignored."""
        fields = event.fields
        datanet = self.datanets.get(fields.get("datanet", b""))
        match event.name:
            case "DatanetCreated" if datanet is None:
                self.datanets[fields["datanet"]] = _datanet(event)
            case "LicenceSet" if datanet:
                datanet["licence"] = fields["licence"]
            case "DatanetTransferred" if datanet:
                datanet["owner"] = fields["to"]
            case "ValidatorSet" if datanet and fields["active"]:
                datanet["validators"].add(fields["validator"])
            case "ValidatorSet" if datanet:
                datanet["validators"].discard(fields["validator"])
            case "ContributionCommitted":
                self.commitments.setdefault(_commitment(event), event)
            case "ContributionSubmitted" if fields["contribution"] not in self.contributions:
                committed = self.commitments.get(_commitment(event))
                if committed:
                    self.contributions[fields["contribution"]] = _contribution(event, committed)
            case "DatanetVersionPublished" if fields["version"] not in self.versions:
                self.versions[fields["version"]] = self._version(event)
            case _ if fields.get("contribution") in self.contributions:
                self._judge(event, self.contributions[fields["contribution"]])

    def _judge(self, event: Event, contribution: Row) -> None:
        fields = event.fields
        match event.name, contribution["state"]:
            case "ContributionValidated", _:
                vote = {"contribution": fields["contribution"], "validator": fields["validator"], "voted_at": event.at}
                vote |= {"accepted": fields["accepted"], "score": fields["score"], "items": fields["itemCount"]}
                self.votes.setdefault((fields["contribution"], fields["validator"]), vote)
            case "ContributionDecided", "submitted":
                contribution["state"] = "accepted" if fields["accepted"] else "rejected"
                contribution["score"] = fields["score"]
                if fields["accepted"]:
                    contribution["items"] = min(fields["itemCount"], contribution["items_submitted"])
                    self.decided.append(fields["contribution"])
            case "ContributionWithdrawn", "submitted":
                contribution["state"] = "withdrawn"
            case "ContributionChallengeResolved", "accepted" if fields["upheld"]:
                contribution["state"] = "removed"

    def _version(self, event: Event) -> Row:
        fields = event.fields
        accepted = []
        for contribution in self.decided:
            row = self.contributions[contribution]
            if row["datanet"] == fields["datanet"] and row["state"] == "accepted":
                accepted.append(contribution)
        what = f"datanet version 0x{fields['version'].hex()}"
        same(f"{what}, contributions", fields["contributions"], len(accepted))
        same(f"{what}, contributions' tree hash", fields["contributionsRoot"], tree_hash(accepted))
        items = sum(self.contributions[contribution]["items"] for contribution in accepted)
        about = {"contributions": accepted, "items": items, "published_at": event.at}
        return {name: fields[name] for name in ("version", "datanet", "number")} | about


def _commitment(event: Event) -> tuple[bytes, bytes, bytes]:
    return event.fields["commitment"], event.fields["datanet"], event.fields["contributor"]


def _datanet(event: Event) -> Row:
    fields = event.fields
    row = {name: fields[name] for name in ("datanet", "name", "owner", "licence", "quorum")}
    return row | {"metadata_uri": fields["metadataUri"], "validators": set(), "created_at": event.at}


def _contribution(event: Event, committed: Event) -> Row:
    fields = event.fields
    row = {name: fields[name] for name in ("contribution", "datanet", "contributor", "uri", "licence")}
    row |= {"state": "submitted", "items": 0, "score": 0}
    row |= {"content_hash": fields["contentHash"], "items_submitted": fields["itemCount"]}
    row |= {"commit_block": committed.block, "commit_log": committed.log, "committed_at": committed.at}
    return row | {"beneficiaries": _beneficiaries(fields["beneficiaries"], fields["shares"], fields["contributor"])}


def _beneficiaries(accounts: list[bytes], shares: list[int], contributor: bytes) -> list[Row]:
    """Merged by account, in order of accounts, none with 0; the contributor alone if the lists are empty or malformed."""
    if len(accounts) != len(shares) or sum(shares) != 10_000:
        accounts, shares = [contributor], [10_000]
    merged: dict[bytes, int] = {}
    for account, share in zip(accounts, shares):
        merged[account] = merged.get(account, 0) + share
    return [{"account": account, "share": share} for account, share in sorted(merged.items()) if share]
