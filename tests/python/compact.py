"""Compacts every table of a warehouse, as an operator would."""
import sys
from pathlib import Path

from deltalake import DeltaTable

for folder in sorted(Path(sys.argv[1]).iterdir()):
    DeltaTable(str(folder)).optimize.compact()
