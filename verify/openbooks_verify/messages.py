"""The messages of ingest/proto, as the reader wants them."""

from .protobuf import Field, Spec

CLOSE_CONTENT: Spec = {
    1: Field("topic", "string"),
    2: Field("partition", "uint32"),
    3: Field("epoch", "uint64"),
    4: Field("signer", "bytes"),
}
SIGNED_CLOSE: Spec = {1: Field("content", "bytes"), 2: Field("signature", "bytes")}

LOG: Spec = {
    1: Field("log_index", "uint32"),
    2: Field("address", "bytes"),
    3: Field("topics", "bytes", repeated=True),
    4: Field("data", "bytes"),
    5: Field("transaction_hash", "bytes"),
}
BLOCK: Spec = {
    1: Field("number", "uint64"),
    2: Field("hash", "bytes"),
    3: Field("timestamp", "uint64"),
    4: Field("logs", "message", LOG, repeated=True),
}
CHAIN_RECORD: Spec = {
    1: Field("block", "message", BLOCK, oneof="body"),
    2: Field("close", "message", SIGNED_CLOSE, oneof="body"),
}

ENVELOPE: Spec = {
    1: Field("content", "bytes"),
    2: Field("signature", "bytes"),
    3: Field("evidence", "bytes", repeated=True),
}
RECEIPT_RECORD: Spec = {
    1: Field("batch", "message", ENVELOPE, oneof="body"),
    2: Field("close", "message", SIGNED_CLOSE, oneof="body"),
}
SERVING: Spec = {
    1: Field("node", "string"),
    2: Field("device_ms", "uint32"),
    3: Field("adapter_load_ms", "uint32"),
}
RECEIPT: Spec = {
    1: Field("served_at_us", "int64"),
    2: Field("payer", "bytes"),
    3: Field("model_version", "bytes"),
    4: Field("adapter", "bytes"),
    5: Field("tokens_in", "uint32"),
    6: Field("tokens_out", "uint32"),
    7: Field("input_commitment", "bytes"),
    8: Field("output_commitment", "bytes"),
    9: Field("evidence_hash", "bytes"),
    10: Field("serving", "message", SERVING),
}
SPEND: Spec = {1: Field("payer", "bytes"), 2: Field("cumulative", "bytes"), 3: Field("signature", "bytes")}
BATCH_CONTENT: Spec = {
    1: Field("operator", "bytes"),
    2: Field("signer", "bytes"),
    3: Field("lane", "uint64"),
    4: Field("number", "uint64"),
    5: Field("previous", "bytes"),
    6: Field("receipts", "message", RECEIPT, repeated=True),
    7: Field("spends", "message", SPEND, repeated=True),
}

SKETCH: Spec = {1: Field("exponent", "uint32"), 2: Field("values", "bytes")}
INFLUENCE: Spec = {
    1: Field("base", "message", SKETCH, repeated=True),
    2: Field("adapter", "message", SKETCH, repeated=True),
}
CHUNK: Spec = {1: Field("chunk", "bytes"), 2: Field("score", "int64")}
RETRIEVAL: Spec = {1: Field("chunks", "message", CHUNK, repeated=True)}
EXACT_MATCH: Spec = {1: Field("tokens", "uint32", repeated=True)}
EVIDENCE: Spec = {
    1: Field("influence", "message", INFLUENCE, oneof="method"),
    2: Field("retrieval", "message", RETRIEVAL, oneof="method"),
    3: Field("exact_match", "message", EXACT_MATCH, oneof="method"),
}

HEADER: Spec = {1: Field("topic", "string"), 2: Field("partitions", "uint32")}
RECORD: Spec = {
    1: Field("partition", "uint32"),
    2: Field("offset", "uint64"),
    3: Field("time_us", "int64"),
    4: Field("key", "bytes"),
    5: Field("value", "bytes"),
}
