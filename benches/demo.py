"""The two recorded nights: seconds, and peak memory, beside the independent verifier on the same nights.

Prints a table and writes target/bench/demo.json. Usage: python benches/demo.py OPENBOOKS PYTHON
"""
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 3
SECONDS_AIM = 10.0


def timed(command: list[str]) -> float:
    """Wall seconds of a command that must succeed."""
    began = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def main() -> None:
    openbooks, python = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        out = f"{folder}/demo"
        nights = min(timed([openbooks, "demo", "--kernel", "cpu", "--out", out]) for _ in range(RUNS))
        peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        bundles = [f"{folder}/{epoch}.bundle" for epoch in (1, 2)]
        for epoch, bundle in enumerate(bundles, 1):
            timed([openbooks, "--config", f"{out}/openbooks.toml", "export", "bundle", "--epoch", str(epoch), "--to", bundle])
        ours = min(sum(timed([openbooks, "verify", "--kernel", "cpu", "--bundle", b]) for b in bundles) for _ in range(RUNS))
        verifier = "verify/openbooks_verify.py"
        theirs = min(sum(timed([python, verifier, b]) for b in bundles) for _ in range(RUNS))
    rows = [
        dict(work="ingest and settle two nights", ours=round(nights, 2), peer=None, theirs=None, unit="s",
             ratio=None, aim=f"< {SECONDS_AIM:.0f} s", met=nights < SECONDS_AIM),
        dict(work="verify two bundles", ours=round(ours, 2), peer="openbooks_verify.py (numpy)", theirs=round(theirs, 2),
             unit="s", ratio=round(theirs / ours, 2), aim=None, met=None),
        dict(work="peak memory of the demo", ours=round(peak_mb), peer=None, theirs=None, unit="MB", ratio=None,
             aim=None, met=None),
    ]
    print(f"{'work':<32}{'ours':>8} {'unit':<5}{'theirs':>8}  {'ratio':>6}  {'aim':<8}{'met':<6}peer")
    for row in rows:
        cells = {name: "" if value is None else value for name, value in row.items()}
        print("{work:<32}{ours:>8} {unit:<5}{theirs:>8}  {ratio:>6}  {aim:<8}{met!s:<6}{peer}".format(**cells))
    Path("target/bench").mkdir(parents=True, exist_ok=True)
    Path("target/bench/demo.json").write_text(json.dumps(rows, indent=1) + os.linesep)


if __name__ == "__main__":
    main()
