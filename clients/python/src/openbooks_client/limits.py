"""Bounds of what the network takes in (docs/formats.md). Past one, a receipt or its whole batch would be refused."""

RECORD_BYTES_MAX = 8 << 20
"""A batch as the topic holds it: content, signature, evidence."""
RECEIPTS_MAX = 10_000
"""Receipts in a batch."""
SPENDS_MAX = 1_000
"""Spends in a batch: each costs a signature recovery."""
EVIDENCE_NAMED_BYTES_MAX = 8 << 20
"""Evidence that a batch's receipts name, counted once for each receipt."""

EVIDENCE_BYTES_MAX = 256 << 10
"""One receipt's evidence."""
SKETCHES_MAX = 512
"""Sketches in one receipt's evidence, both parts together."""
SKETCH_BYTES_MAX = 65_536
"""Sketches of one part: k values times T checkpoints."""
SKETCH_VALUES_STEP = 4
"""k is a multiple of it."""
EXPONENT_MAX = 15
"""A sketch's power of two."""

NODE_BYTES_MAX = 256
"""A serving node's name, in UTF-8."""
TIME_US_MAX = 253_402_300_799_999_999
"""The last microsecond of the year 9999; the first moment is 1970."""
AMOUNT_MAX = 10**38 - 1
"""An amount in base units."""
UINT32_MAX = 2**32 - 1
INT64_MAX = 2**63 - 1
"""Also the largest lane and batch number, which tables hold as signed integers."""
