//! A batch as it is posted: the protobuf itself, or JSON with base64.

use super::problems::refused;
use api::problem::Problem;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use ingest::wire::receipts::v1::Envelope;
use ingest::{RECEIPTS_MAX, RECORD_BYTES_MAX};
use prost::Message;
use serde::Deserialize;
use std::time::Duration;
use utoipa::ToSchema;

/// Most bytes of JSON: base64 makes four of three.
pub const JSON_BYTES_MAX: usize = RECORD_BYTES_MAX / 2 * 3;
/// Time for a body.
const BODY_MAX: Duration = Duration::from_secs(30);

/// A batch in JSON; every field is base64 (RFC 4648, with padding).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonEnvelope {
    /// Serialised BatchContent.
    content: String,
    /// 65 bytes r, s, v.
    signature: String,
    /// Serialised Evidence messages.
    #[serde(default)]
    evidence: Vec<String>,
}

/// In which form a batch comes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Protobuf,
    Json,
}

/// Memory is counted in KiB.
const KIB: usize = 1 << 10;

impl Kind {
    fn bytes_max(self) -> usize {
        match self {
            Self::Protobuf => RECORD_BYTES_MAX,
            Self::Json => JSON_BYTES_MAX,
        }
    }

    /// KiB of memory that a batch takes on its way, at most: its bytes, decoded, encoded again, checked.
    pub fn weight(self, headers: &HeaderMap) -> u32 {
        let said = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let bytes = said.unwrap_or(usize::MAX).min(self.bytes_max());
        let times = match self {
            Self::Protobuf => 6,
            Self::Json => 12,
        };
        u32::try_from(times * bytes / KIB + 1).unwrap_or(u32::MAX)
    }
}

/// The form that the client names.
///
/// # Errors
/// 415.
pub fn kind_of(headers: &HeaderMap) -> Result<Kind, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    match kind.split(';').next().unwrap_or_default().trim() {
        "application/x-protobuf" | "application/protobuf" => Ok(Kind::Protobuf),
        "application/json" => Ok(Kind::Json),
        _ => {
            let detail = "send application/x-protobuf or application/json";
            Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail))
        }
    }
}

/// Reads the envelope.
///
/// # Errors
/// 400, 408, 413 or 422.
pub async fn read(kind: Kind, body: Body) -> Result<Envelope, Problem> {
    let bytes = bytes_of(body, kind.bytes_max()).await?;
    match kind {
        Kind::Protobuf => {
            bounded(ingest::evidence_blobs(&bytes).ok_or_else(|| refused("undecodable", "the envelope"))?)?;
            Envelope::decode(bytes).map_err(|error| refused("undecodable", format!("the envelope: {error}")))
        }
        Kind::Json => of_json(&bytes),
    }
}

/// No receipt has more than one evidence.
fn bounded(blobs: usize) -> Result<(), Problem> {
    let detail = || format!("{blobs} evidence blobs, no batch has more than {RECEIPTS_MAX} receipts");
    if blobs > RECEIPTS_MAX { Err(refused("malformed", detail())) } else { Ok(()) }
}

async fn bytes_of(body: Body, most: usize) -> Result<Bytes, Problem> {
    match tokio::time::timeout(BODY_MAX, axum::body::to_bytes(body, most)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_too_long(&error) => {
            let detail = format!("the body has more than {most} bytes");
            Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail))
        }
        Ok(Err(error)) => Err(bad_request(format!("the body: {error}"))),
        Err(_) => {
            let detail = format!("the body did not come within {} s", BODY_MAX.as_secs());
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "too-slow", detail))
        }
    }
}

fn is_too_long(error: &axum::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.to_string().contains("length limit exceeded") {
            return true;
        }
        cause = error.source();
    }
    false
}

fn of_json(bytes: &[u8]) -> Result<Envelope, Problem> {
    let envelope: JsonEnvelope =
        serde_json::from_slice(bytes).map_err(|error| bad_request(format!("the envelope: {error}")))?;
    bounded(envelope.evidence.len())?;
    let decoded = |field: &str, text: &str| {
        let bytes = BASE64_STANDARD.decode(text);
        bytes.map(Bytes::from).map_err(|error| bad_request(format!("{field} is no base64: {error}")))
    };
    let evidence = envelope.evidence.iter().map(|text| decoded("evidence", text)).collect::<Result<_, _>>()?;
    Ok(Envelope {
        content: decoded("content", &envelope.content)?,
        signature: decoded("signature", &envelope.signature)?,
        evidence,
    })
}

/// What cannot be read at all.
pub fn bad_request(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "bad-request", detail)
}
