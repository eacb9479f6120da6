"""Reads `payouts` of a warehouse with DuckDB, Polars, deltalake and pyarrow, filtered by amount, and compares them.

The truth is pyarrow's own filter over rows that were read without any filter.
"""
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import duckdb_extension_delta
import polars
import pyarrow.compute as pc
from deltalake import DeltaTable

# The extension lies in its package: nothing is downloaded.
extension = next(Path(duckdb_extension_delta.__file__).parent.glob("extensions/*/delta.duckdb_extension"))
table = f"{sys.argv[1]}/payouts"
whole = DeltaTable(table).to_pyarrow_table().to_pylist()
assert len(whole) > 100, len(whole)
largest = max(row["cumulative"] for row in whole)
assert largest > 2**63, "a cumulative above 64 bits is what readers go wrong with"
for column in ("amount", "cumulative"):
    for threshold in (0, 10**15, 10**18, 10**19, largest - 1):
        expected = sorted((row["epoch"], row["account"]) for row in whole if row[column] > threshold)
        bound = Decimal(threshold)
        found = {
            "deltalake": DeltaTable(table).to_pyarrow_dataset().to_table(filter=pc.field(column) > bound).to_pylist(),
            "polars": polars.scan_delta(table).filter(polars.col(column) > bound).collect().to_dicts(),
        }
        duck = duckdb.connect(config={"allow_unsigned_extensions": "true"})
        duck.execute(f"LOAD '{extension}'")
        rows = duck.execute(f"SELECT epoch, account FROM delta_scan('{table}') WHERE {column} > {threshold}").fetchall()
        found["duckdb"] = [{"epoch": epoch, "account": account} for epoch, account in rows]
        for reader, rows in found.items():
            got = sorted((row["epoch"], bytes(row["account"])) for row in rows)
            assert got == expected, f"{reader}: {column} > {threshold}: {len(got)} rows, expected {len(expected)}"
print(f"{len(whole)} payouts, largest {largest}: every reader filters rightly")
