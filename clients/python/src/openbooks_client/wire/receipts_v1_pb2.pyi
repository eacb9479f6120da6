from openbooks_client.wire import close_v1_pb2 as _close_v1_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReceiptRecord(_message.Message):
    __slots__ = ("batch", "close")
    BATCH_FIELD_NUMBER: _ClassVar[int]
    CLOSE_FIELD_NUMBER: _ClassVar[int]
    batch: Envelope
    close: _close_v1_pb2.SignedClose
    def __init__(self, batch: _Optional[_Union[Envelope, _Mapping]] = ..., close: _Optional[_Union[_close_v1_pb2.SignedClose, _Mapping]] = ...) -> None: ...

class Envelope(_message.Message):
    __slots__ = ("content", "signature", "evidence")
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    content: bytes
    signature: bytes
    evidence: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, content: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., evidence: _Optional[_Iterable[bytes]] = ...) -> None: ...

class BatchContent(_message.Message):
    __slots__ = ("operator", "signer", "lane", "number", "previous", "receipts", "spends")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    SIGNER_FIELD_NUMBER: _ClassVar[int]
    LANE_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    RECEIPTS_FIELD_NUMBER: _ClassVar[int]
    SPENDS_FIELD_NUMBER: _ClassVar[int]
    operator: bytes
    signer: bytes
    lane: int
    number: int
    previous: bytes
    receipts: _containers.RepeatedCompositeFieldContainer[Receipt]
    spends: _containers.RepeatedCompositeFieldContainer[Spend]
    def __init__(self, operator: _Optional[bytes] = ..., signer: _Optional[bytes] = ..., lane: _Optional[int] = ..., number: _Optional[int] = ..., previous: _Optional[bytes] = ..., receipts: _Optional[_Iterable[_Union[Receipt, _Mapping]]] = ..., spends: _Optional[_Iterable[_Union[Spend, _Mapping]]] = ...) -> None: ...

class Spend(_message.Message):
    __slots__ = ("payer", "cumulative", "signature")
    PAYER_FIELD_NUMBER: _ClassVar[int]
    CUMULATIVE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    payer: bytes
    cumulative: bytes
    signature: bytes
    def __init__(self, payer: _Optional[bytes] = ..., cumulative: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class Receipt(_message.Message):
    __slots__ = ("served_at_us", "payer", "model_version", "adapter", "tokens_in", "tokens_out", "input_commitment", "output_commitment", "evidence_hash", "serving")
    SERVED_AT_US_FIELD_NUMBER: _ClassVar[int]
    PAYER_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    TOKENS_IN_FIELD_NUMBER: _ClassVar[int]
    TOKENS_OUT_FIELD_NUMBER: _ClassVar[int]
    INPUT_COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_HASH_FIELD_NUMBER: _ClassVar[int]
    SERVING_FIELD_NUMBER: _ClassVar[int]
    served_at_us: int
    payer: bytes
    model_version: bytes
    adapter: bytes
    tokens_in: int
    tokens_out: int
    input_commitment: bytes
    output_commitment: bytes
    evidence_hash: bytes
    serving: ServingFigures
    def __init__(self, served_at_us: _Optional[int] = ..., payer: _Optional[bytes] = ..., model_version: _Optional[bytes] = ..., adapter: _Optional[bytes] = ..., tokens_in: _Optional[int] = ..., tokens_out: _Optional[int] = ..., input_commitment: _Optional[bytes] = ..., output_commitment: _Optional[bytes] = ..., evidence_hash: _Optional[bytes] = ..., serving: _Optional[_Union[ServingFigures, _Mapping]] = ...) -> None: ...

class ServingFigures(_message.Message):
    __slots__ = ("node", "device_ms", "adapter_load_ms")
    NODE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_MS_FIELD_NUMBER: _ClassVar[int]
    ADAPTER_LOAD_MS_FIELD_NUMBER: _ClassVar[int]
    node: str
    device_ms: int
    adapter_load_ms: int
    def __init__(self, node: _Optional[str] = ..., device_ms: _Optional[int] = ..., adapter_load_ms: _Optional[int] = ...) -> None: ...

class Evidence(_message.Message):
    __slots__ = ("influence", "retrieval", "exact_match")
    INFLUENCE_FIELD_NUMBER: _ClassVar[int]
    RETRIEVAL_FIELD_NUMBER: _ClassVar[int]
    EXACT_MATCH_FIELD_NUMBER: _ClassVar[int]
    influence: Influence
    retrieval: Retrieval
    exact_match: ExactMatch
    def __init__(self, influence: _Optional[_Union[Influence, _Mapping]] = ..., retrieval: _Optional[_Union[Retrieval, _Mapping]] = ..., exact_match: _Optional[_Union[ExactMatch, _Mapping]] = ...) -> None: ...

class Influence(_message.Message):
    __slots__ = ("base", "adapter")
    BASE_FIELD_NUMBER: _ClassVar[int]
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    base: _containers.RepeatedCompositeFieldContainer[Sketch]
    adapter: _containers.RepeatedCompositeFieldContainer[Sketch]
    def __init__(self, base: _Optional[_Iterable[_Union[Sketch, _Mapping]]] = ..., adapter: _Optional[_Iterable[_Union[Sketch, _Mapping]]] = ...) -> None: ...

class Sketch(_message.Message):
    __slots__ = ("exponent", "values")
    EXPONENT_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    exponent: int
    values: bytes
    def __init__(self, exponent: _Optional[int] = ..., values: _Optional[bytes] = ...) -> None: ...

class Retrieval(_message.Message):
    __slots__ = ("chunks",)
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    chunks: _containers.RepeatedCompositeFieldContainer[Chunk]
    def __init__(self, chunks: _Optional[_Iterable[_Union[Chunk, _Mapping]]] = ...) -> None: ...

class Chunk(_message.Message):
    __slots__ = ("chunk", "score")
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    chunk: bytes
    score: int
    def __init__(self, chunk: _Optional[bytes] = ..., score: _Optional[int] = ...) -> None: ...

class ExactMatch(_message.Message):
    __slots__ = ("tokens",)
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    tokens: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, tokens: _Optional[_Iterable[int]] = ...) -> None: ...
