//! What can go wrong: an argument out of its bounds, or a GPU that cannot be used.

use crate::influence::{CHECKPOINTS_MAX, EXPONENT_MAX, PRODUCTS_MAX, ROWS_MAX, TOP_K_MAX};

/// What a GPU's driver said.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a kernel did not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A sketch's dimension or number of checkpoints is out of bounds.
    #[error(
        "sketches of dimension {dimension} at {checkpoints} checkpoints: the dimension must be a positive multiple \
         of 4, the checkpoints 1 to {CHECKPOINTS_MAX}, their product at most {PRODUCTS_MAX}"
    )]
    Shape {
        /// Values of a sketch at one checkpoint.
        dimension: usize,
        /// Checkpoints of a sketch.
        checkpoints: usize,
    },
    /// The exponents do not fill whole rows, or there are too many rows.
    #[error("{exponents} exponents are not those of at most {ROWS_MAX} rows with {checkpoints} checkpoints")]
    Exponents {
        /// Exponents given.
        exponents: usize,
        /// Checkpoints of a row.
        checkpoints: usize,
    },
    /// The number of values differs from what shape and exponents ask for.
    #[error("{values} sketch values where {expected} belong to the exponents")]
    Values {
        /// Values given.
        values: usize,
        /// Values that belong to the exponents.
        expected: usize,
    },
    /// An exponent is too large.
    #[error("exponent {exponent} of row {row} at checkpoint {checkpoint} is above {EXPONENT_MAX}")]
    Exponent {
        /// The exponent.
        exponent: u8,
        /// Its row.
        row: usize,
        /// Its checkpoint.
        checkpoint: usize,
    },
    /// Index or decoys do not have the queries' shape.
    #[error("the {rows} have another dimension or number of checkpoints than the queries")]
    OtherShape {
        /// Which rows: `index` or `decoys`.
        rows: &'static str,
    },
    /// Without decoys there is no threshold.
    #[error("no decoy rows to take the threshold from")]
    NoDecoys,
    /// The number of rows to keep is out of bounds.
    #[error("top {top_k} asked for, outside 1 to {TOP_K_MAX}")]
    TopK {
        /// What was asked for.
        top_k: usize,
    },
    /// No runtime has this name.
    #[error("runtime {name:?} is none of auto, cpu, wgpu")]
    UnknownRuntime {
        /// The name.
        name: String,
    },
    /// This machine has no adapter at all.
    #[error("no adapter for wgpu on this machine")]
    NoAdapter,
    /// The adapter could not be opened.
    #[error("opening adapter {adapter}")]
    Open {
        /// The adapter.
        adapter: String,
        /// What the driver said.
        #[source]
        source: Cause,
    },
    /// The adapter is too small for a kernel.
    #[error("adapter {adapter} has {units} units and {shared_bytes} bytes of shared memory a cube: too few")]
    TooSmall {
        /// The adapter.
        adapter: String,
        /// Units of a cube.
        units: u32,
        /// Shared memory of a cube.
        shared_bytes: usize,
    },
    /// The adapter computed something else than the reference; it must not be used.
    #[error("adapter {adapter} computes wrong scores")]
    WrongResult {
        /// The adapter.
        adapter: String,
    },
    /// A launch failed.
    #[error("running a kernel on adapter {adapter}")]
    Launch {
        /// The adapter.
        adapter: String,
        /// What the driver said.
        #[source]
        source: Cause,
    },
}

impl Error {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Open { .. } | Self::Launch { .. } => true,
            Self::Shape { .. }
            | Self::Exponents { .. }
            | Self::Values { .. }
            | Self::Exponent { .. }
            | Self::OtherShape { .. }
            | Self::NoDecoys
            | Self::TopK { .. }
            | Self::UnknownRuntime { .. }
            | Self::NoAdapter
            | Self::TooSmall { .. }
            | Self::WrongResult { .. } => false,
        }
    }
}
