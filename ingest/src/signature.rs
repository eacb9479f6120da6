//! Signatures of 65 bytes and the addresses to which they recover.

use alloy::primitives::{Address, B256, Signature, U256, uint};

/// Half the order of secp256k1. Above it lies the second signature of the same content, which must not exist.
const S_MAX: U256 = uint!(0x7FFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_5D576E73_57A4501D_DFE92F46_681B20A0_U256);

/// The address whose key signed `hash`. `None` when the signature is malformed (not 65 bytes r, s, v; a high s;
/// v other than 27 or 28) or recovers to nobody.
pub fn recover(hash: B256, signature: &[u8]) -> Option<Address> {
    parse(signature)?.recover_address_from_prehash(&hash).ok()
}

/// The signature of these bytes, or `None` when they are malformed.
pub(crate) fn parse(bytes: &[u8]) -> Option<Signature> {
    let bytes: &[u8; 65] = bytes.try_into().ok()?;
    let y_parity = match bytes[64] {
        27 => false,
        28 => true,
        _ => return None,
    };
    let (r, s) = (U256::from_be_slice(&bytes[..32]), U256::from_be_slice(&bytes[32..64]));
    (s <= S_MAX).then(|| Signature::new(r, s, y_parity))
}
