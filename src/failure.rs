//! What a failed command prints, once, and its exit code.

use std::fmt;
use std::process::ExitCode;

/// Wrong use: settings, arguments, a query that cannot be read. Exit code 2.
#[derive(Debug)]
pub struct Usage(pub String);

/// Something that is asked for is not there yet. Exit code 4.
#[derive(Debug)]
pub struct NotReady(pub String);

/// What was recomputed differs. Exit code 5.
#[derive(Debug)]
pub struct Mismatch(pub String);

/// The chain or a network does not answer now. Exit code 75.
#[derive(Debug)]
pub struct TryLater(pub String);

/// What was asked for had happened before. Exit code 3.
#[derive(Debug)]
pub struct AlreadyDone(pub String);

macro_rules! errors {
    ($($name:ident),+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl std::error::Error for $name {}
    )+};
}
errors!(Usage, NotReady, Mismatch, TryLater, AlreadyDone);

/// The exit code of an error: 2 usage, 3 already done, 4 inputs not ready, 5 a broken invariant, 75 try later, else 1.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    code_of(error).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Whether trying again later may help.
pub fn is_passing(error: &anyhow::Error) -> bool {
    code_of(error) == Some(75)
}

fn code_of(error: &anyhow::Error) -> Option<u8> {
    for cause in error.chain() {
        let code = if cause.is::<Usage>() {
            Some(2)
        } else if cause.is::<AlreadyDone>() {
            Some(3)
        } else if cause.is::<TryLater>() {
            Some(75)
        } else if cause.is::<NotReady>() {
            Some(4)
        } else if cause.is::<Mismatch>() {
            Some(5)
        } else if let Some(error) = cause.downcast_ref::<pipeline::Error>() {
            Some(of_pipeline(error))
        } else if let Some(error) = cause.downcast_ref::<ingest::Error>() {
            Some(of_ingest(error))
        } else if let Some(error) = cause.downcast_ref::<warehouse::Error>() {
            Some(of_warehouse(error))
        } else {
            cause.downcast_ref::<kernels::Error>().map(|_| 2)
        };
        if code.is_some() {
            return code;
        }
    }
    None
}

fn of_pipeline(error: &pipeline::Error) -> u8 {
    match error {
        pipeline::Error::AlreadyDone { .. } => 3,
        pipeline::Error::NotReady { .. } => 4,
        pipeline::Error::Artifact { replaceable: true, .. } => 4,
        error => of_flags(error.is_broken_invariant(), error.is_retryable()),
    }
}

fn of_ingest(error: &ingest::Error) -> u8 {
    match error {
        ingest::Error::BrokerSettings { .. } => 2,
        ingest::Error::Broker { retryable: false, .. } => 2,
        ingest::Error::NoTopic { .. } => 4,
        ingest::Error::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => 2,
        error => of_flags(error.is_broken_invariant(), error.is_retryable()),
    }
}

fn of_warehouse(error: &warehouse::Error) -> u8 {
    match error {
        warehouse::Error::Query { .. } | warehouse::Error::Location { .. } => 2,
        error => of_flags(error.is_broken_invariant(), error.is_retryable()),
    }
}

fn of_flags(broken: bool, retryable: bool) -> u8 {
    match (broken, retryable) {
        (true, _) => 5,
        (false, true) => 75,
        (false, false) => 1,
    }
}
