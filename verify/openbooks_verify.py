#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy>=2,<3", "pycryptodome>=3.20", "coincurve>=20"]
# ///
"""Verifies an openbooks bundle: python openbooks_verify.py BUNDLE [--manifest-hash 0x...]

Written from docs/formats.md, docs/rules.md and docs/tables.md, in plain Python, without any code of the program that
makes the bundles. It computes the bundle's epoch again, from the signed receipts and chain events to the payout root,
compares every table with the manifest, and prints what that proves and what it takes as given.

Exit codes: 0 everything is equal; 2 usage; 5 something differs or cannot be read, named in one line.
Reading order: main, epoch, raw, registry, charge, influence, allocate, pots, settle, conservation.
"""

import sys

from openbooks_verify.main import main

if __name__ == "__main__":
    sys.exit(main())
