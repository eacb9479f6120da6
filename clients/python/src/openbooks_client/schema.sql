-- The state of one operator's node, in one file. Version 1.
-- Times are microseconds since 1970-01-01 UTC. Hashes, ids and salts have 32 bytes, addresses 20.
BEGIN IMMEDIATE;

-- Grain: one row.
CREATE TABLE openbooks_client (version INTEGER NOT NULL) STRICT;
INSERT INTO openbooks_client VALUES (1);

-- Grain: one setting. operator: hex; lane: the lane in use; network: the gateway's JSON.
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Grain: one lane that was ever used, with its last batch that the gateway has: the next one extends it.
CREATE TABLE lanes (lane INTEGER PRIMARY KEY, number INTEGER NOT NULL, head BLOB NOT NULL) STRICT;

-- Grain: one batch whose content was ever fixed.
-- sealed: to be sent, at most one; taken: the gateway has it; refused: set aside; left: its lane was left.
CREATE TABLE batches (
    batch INTEGER PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('sealed', 'taken', 'refused', 'left')),
    lane INTEGER NOT NULL,
    number INTEGER NOT NULL,
    id BLOB NOT NULL,
    content BLOB NOT NULL, -- serialised BatchContent
    signature BLOB, -- null until the content is safe on disk
    sealed_at_us INTEGER NOT NULL,
    ack TEXT, -- the gateway's JSON; null when it has the batch but no longer acknowledges it
    problem TEXT -- the last refusal, in JSON
) STRICT;
CREATE INDEX batches_by_state ON batches (state);
CREATE UNIQUE INDEX one_batch_is_sealed ON batches (state) WHERE state = 'sealed';
CREATE UNIQUE INDEX one_batch_a_number ON batches (lane, number) WHERE state IN ('sealed', 'taken');

-- Grain: one receipt. (lane, number, position) is what its link says; batch is null until it is sealed.
CREATE TABLE receipts (
    receipt INTEGER PRIMARY KEY, -- in the order of recording
    lane INTEGER NOT NULL,
    number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    batch INTEGER REFERENCES batches,
    payer BLOB NOT NULL,
    content BLOB NOT NULL, -- serialised Receipt
    evidence_hash BLOB NOT NULL,
    input_salt BLOB NOT NULL,
    output_commitment BLOB NOT NULL,
    output_salt BLOB NOT NULL
) STRICT;
CREATE INDEX receipts_by_batch ON receipts (batch, number, position);
CREATE INDEX receipts_by_commitment ON receipts (output_commitment);

-- Grain: one blob that a receipt names whose batch the gateway does not have.
CREATE TABLE evidence (hash BLOB PRIMARY KEY, blob BLOB NOT NULL) STRICT;

-- Grain: one payer, with its highest Spend. cumulative: 16 bytes, big-endian, so that blobs compare as numbers.
CREATE TABLE spends (payer BLOB PRIMARY KEY, cumulative BLOB NOT NULL, signature BLOB NOT NULL) STRICT, WITHOUT ROWID;

COMMIT;
