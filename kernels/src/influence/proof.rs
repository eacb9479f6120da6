//! The known question that an adapter must answer before it is used: drivers have bugs, and scores move money.

use super::{Shape, Sketches, TOP_K_MAX, kernel, reference};
use crate::{Adapter, Error, Runtime};

/// Compares an adapter's scores with the reference's, on several cubes and tiles, full lists, ragged edges,
/// extreme values and every exponent.
///
/// # Errors
/// [`Error::TooSmall`], [`Error::WrongResult`], [`Error::Launch`].
pub(crate) fn prove(adapter: &Adapter) -> Result<(), Error> {
    let client = adapter.client();
    let hardware = &client.properties().hardware;
    let (units, shared_bytes) = (hardware.max_units_per_cube, hardware.max_shared_memory_size);
    if shared_bytes < kernel::SHARED_BYTES || (units as usize) < kernel::UNITS {
        return Err(Error::TooSmall { adapter: adapter.name().into(), units, shared_bytes });
    }
    let shape = Shape::new(68, 3)?;
    let rows = kernel::ROWS + 65;
    let values: Vec<i8> =
        vec![i8::MIN; shape.values()].into_iter().chain(noise(1)).take(rows * shape.values()).collect();
    let exponents: Vec<u8> = noise(2).map(|byte| byte.cast_unsigned() % 16).take(rows * shape.checkpoints()).collect();
    let index = Sketches::new(shape, &values, &exponents)?;
    let mut pieces = index.pieces(kernel::QUERIES + 1);
    let (Some(queries), Some(decoys)) = (pieces.next(), pieces.next()) else { unreachable!("there are 321 rows") };
    let scored = Runtime::Wgpu(adapter.clone()).score_topk(queries, index, decoys, TOP_K_MAX)?;
    if scored == reference::score_topk(queries, index, decoys, TOP_K_MAX) {
        Ok(())
    } else {
        Err(Error::WrongResult { adapter: adapter.name().into() })
    }
}

/// Endless bytes that look random and are the same everywhere (Knuth's MMIX generator).
pub(super) fn noise(seed: u64) -> impl Iterator<Item = i8> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0].cast_signed()
    })
}
