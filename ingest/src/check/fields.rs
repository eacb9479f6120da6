//! Fields of messages: lengths, bounds, and how many there are before anything is decoded.

use super::{Refusal, TIME_US_MAX};
use crate::signature;
use alloy::primitives::{Address, B256, Signature};
use bytes::{Buf, Bytes};
use prost::DecodeError;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use warehouse::types::Time;

/// 20 bytes, or `wrong`.
pub(super) fn address(bytes: &Bytes, wrong: &'static str) -> Result<Address, Refusal> {
    Address::try_from(bytes.as_ref()).map_err(|_| Refusal::malformed(wrong))
}

/// 32 bytes, or `wrong`.
pub(super) fn id(bytes: &Bytes, wrong: &'static str) -> Result<B256, Refusal> {
    B256::try_from(bytes.as_ref()).map_err(|_| Refusal::malformed(wrong))
}

/// A number that fits in a column, or `wrong`.
pub(super) fn number(value: u64, wrong: &'static str) -> Result<u64, Refusal> {
    if i64::try_from(value).is_ok() { Ok(value) } else { Err(Refusal::malformed(wrong)) }
}

/// A number from 1 that fits in a column, or `wrong`.
pub(super) fn ordinal(value: u64, wrong: &'static str) -> Result<u64, Refusal> {
    if value == 0 { Err(Refusal::malformed(wrong)) } else { number(value, wrong) }
}

/// A moment between 1970 and the end of 9999, or `wrong`.
pub(super) fn time(us: i64, wrong: &'static str) -> Result<Time, Refusal> {
    if (0..=TIME_US_MAX).contains(&us) { Ok(Time(us)) } else { Err(Refusal::malformed(wrong)) }
}

/// The signature of these bytes; recovering is another step with another reason.
pub(super) fn signature(bytes: &Bytes) -> Result<Signature, Refusal> {
    signature::parse(bytes).ok_or(Refusal::malformed("the signature is malformed"))
}

/// Shows each length-delimited field of a message as received, by its number, in order. So a message can be refused
/// before memory is taken for it, and a refused part be kept byte for byte.
pub(super) fn visit(message: &Bytes, mut see: impl FnMut(u32, Bytes)) -> Result<(), DecodeError> {
    let mut rest = message.clone();
    while rest.has_remaining() {
        let (tag, wire_type) = decode_key(&mut rest)?;
        let mut field = rest.clone();
        skip_field(wire_type, tag, &mut rest, DecodeContext::default())?;
        field.truncate(field.len() - rest.len());
        if wire_type == WireType::LengthDelimited {
            decode_varint(&mut field)?;
            see(tag, field);
        }
    }
    Ok(())
}
