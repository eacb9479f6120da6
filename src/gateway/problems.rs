//! Problems that are not the client's. What failed is told to the operator of the gateway, never to the client.

use api::problem::Problem;
use axum::http::StatusCode;
use std::fmt::Display;
use std::time::Duration;

/// When to come again.
const AGAIN: Duration = Duration::from_secs(2);

/// The client's own: what it sent cannot be taken in.
pub fn refused(code: &'static str, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
}

/// The tables do not answer.
pub fn tables(error: &anyhow::Error) -> Problem {
    unavailable("tables-unavailable", "the tables do not answer now", &format!("{error:#}"))
}

/// The broker does not answer, or not in full.
pub fn broker(error: &impl Display) -> Problem {
    unavailable("broker-unavailable", "the broker does not answer now; send the batch again as it is", error)
}

/// The key does not sign.
pub fn signer(error: &impl Display) -> Problem {
    unavailable("signer-unavailable", "the Ack cannot be signed now; send the batch again as it is", error)
}

/// The view has not come so far.
pub fn behind() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", "it catches up; send the batch again as it is")
        .retry_after(AGAIN)
}

/// Too much is on its way.
pub fn busy() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "too much is on its way; send the batch again as it is")
        .retry_after(AGAIN)
}

/// More than the client's share.
pub fn too_often(wait: Duration) -> Problem {
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", "more requests than one client's share")
        .retry_after(wait)
}

/// What must not happen.
pub fn internal(error: &impl Display) -> Problem {
    note(error);
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something failed here; send it again as it is")
}

fn unavailable(code: &'static str, detail: &'static str, error: &impl Display) -> Problem {
    note(error);
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).retry_after(AGAIN)
}

/// Tells whoever runs the gateway.
#[expect(clippy::print_stderr, reason = "talk for whoever runs it")]
pub fn note(error: &impl Display) {
    eprintln!("openbooks: gateway: {error}");
}
