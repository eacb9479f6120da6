//! The messages of `proto/`, as `prost` makes them; their documentation stands there.
//! `bytes` fields are slices of the record that held them.

/// Closing records of either topic.
#[allow(missing_docs, clippy::all)]
pub mod close {
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/openbooks.close.v1.rs"));
    }
}

/// Records of the receipts topic.
#[allow(missing_docs, clippy::all)]
pub mod receipts {
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/openbooks.receipts.v1.rs"));
    }
}

/// Records of the chain events topic.
#[allow(missing_docs, clippy::all)]
pub mod chain_events {
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/openbooks.chain_events.v1.rs"));
    }
}

/// Messages inside a recorded topic file.
#[allow(missing_docs, clippy::all)]
pub mod recording {
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/openbooks.recording.v1.rs"));
    }
}
