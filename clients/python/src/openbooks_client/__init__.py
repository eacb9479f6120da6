"""A serving node's client of an openbooks receipt gateway: see `Node`. Payers use `sign_spend`."""

from .answers import Ack, Network, Verdict
from .batch import batch_id, receipt_id
from .errors import (
    BadAnswer,
    ClientError,
    InvalidInput,
    LaneConflict,
    LaneHead,
    Problem,
    Refused,
    StateInUse,
    StateMismatch,
    TryLater,
    WrongNetwork,
)
from .evidence import Chunk, Evidence, ExactMatch, Influence, Retrieval, Sketch
from .gateway import Gateway
from .link import ReceiptLink
from .node import Node
from .receipt import Serving
from .rows import Batch
from .signing import Domain
from .spend import Spend, sign_spend

__all__ = [
    "Ack",
    "BadAnswer",
    "Batch",
    "Chunk",
    "ClientError",
    "Domain",
    "Evidence",
    "ExactMatch",
    "Gateway",
    "Influence",
    "InvalidInput",
    "LaneConflict",
    "LaneHead",
    "Network",
    "Node",
    "Problem",
    "ReceiptLink",
    "Refused",
    "Retrieval",
    "Serving",
    "Sketch",
    "Spend",
    "StateInUse",
    "StateMismatch",
    "TryLater",
    "Verdict",
    "WrongNetwork",
    "batch_id",
    "receipt_id",
    "sign_spend",
]
