"""The demo's recording, where it is: both nights verify, and everything that its story tells happens."""

import json

import pytest

from demo import DEMO, nights
from openbooks_verify.main import verify

pytestmark = pytest.mark.skipif(not (DEMO / "receipts.rec").exists(), reason="the demo's recording is not here")


@pytest.fixture(scope="module")
def made():
    return nights()


def test_both_nights_verify_and_join(made, capsys):
    verify(made[0].bundle(), made[0].manifest_hash())
    verify(made[1].bundle(), made[1].manifest_hash(), previous=made[0].bundle())
    assert capsys.readouterr().out.count("Everything is equal.") == 2


def test_the_story_happens(made):
    """What story.json expects of each record or receipt of the receipts topic is what became of it."""
    told = [case for case in json.loads((DEMO / "story.json").read_text()) if case["topic"] == "openbooks.receipts.v1"]
    assert told
    for case in told:
        epoch = made[case["epoch"] - 1].epoch
        place = (case["topic"], case["partition"], case["offset"])
        rows = epoch.tables["charges"] + epoch.raw.tables["quarantine"]
        here = [
            r
            for r in rows
            if (r["topic"], r["partition"], r["offset"]) == place and case["index"] in (None, r["index"])
        ]
        became = {row.get("outcome") or row["reason"] for row in here} or {"nothing"}
        if case["expect"] == "unattributed":
            allocated = next(row for row in epoch.tables["allocations"] if row["receipt"] == here[0]["receipt"])
            assert not allocated["shares"] and allocated["contributors"] > 0, case
        else:
            assert became == {case["expect"]} or (case["expect"] in became and case["expect"] == "charged"), case
