//! What can go wrong between raw tables and a root.

use warehouse::types::{Epoch, Hash};

/// An error of the pipeline. `Display` names the step and the place; the cause is the source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The job's tables are there already, made from the same inputs.
    #[error("epoch {epoch}: {job} is done already, nothing changed")]
    AlreadyDone {
        /// The job.
        job: &'static str,
        /// The epoch.
        epoch: Epoch,
    },
    /// Something that the job reads is not there yet.
    #[error("epoch {epoch}: {job} cannot begin: {missing}; {remedy}")]
    NotReady {
        /// The job.
        job: &'static str,
        /// The epoch.
        epoch: Epoch,
        /// What is missing.
        missing: String,
        /// What to do about it.
        remedy: String,
    },
    /// An artifact is not what its hash says, or not what its model version needs.
    #[error("artifact {hash}: {wrong}; {remedy}")]
    Artifact {
        /// `index` or `items`.
        kind: &'static str,
        /// Its hash.
        hash: Hash,
        /// What is wrong with it.
        wrong: String,
        /// What to do about it.
        remedy: &'static str,
        /// Whether bringing the file again can help.
        replaceable: bool,
    },
    /// Data is not what it must be: no root is better than a wrong one.
    #[error("epoch {epoch}: {step}: {broken}")]
    Invariant {
        /// The epoch.
        epoch: Epoch,
        /// The step that found it.
        step: &'static str,
        /// What does not hold, with the rows.
        broken: String,
    },
    /// Tables could not be read or written.
    #[error("epoch {epoch}: {job} could not use its tables")]
    Warehouse {
        /// The job.
        job: &'static str,
        /// The epoch.
        epoch: Epoch,
        /// The cause.
        source: warehouse::Error,
    },
    /// The kernels could not score.
    #[error("epoch {epoch}: scores could not be computed")]
    Kernel {
        /// The epoch.
        epoch: Epoch,
        /// The cause.
        source: kernels::Error,
    },
}

impl Error {
    /// Whether trying again later may help.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Warehouse { source, .. } => source.is_retryable(),
            Self::AlreadyDone { .. }
            | Self::NotReady { .. }
            | Self::Artifact { .. }
            | Self::Invariant { .. }
            | Self::Kernel { .. } => false,
        }
    }

    /// Whether data is not what it must be, so that going on could pay wrongly.
    pub fn is_broken_invariant(&self) -> bool {
        match self {
            Self::Invariant { .. } => true,
            Self::Artifact { replaceable, .. } => !replaceable,
            Self::Warehouse { source, .. } => source.is_broken_invariant(),
            Self::AlreadyDone { .. } | Self::NotReady { .. } | Self::Kernel { .. } => false,
        }
    }
}
