//! The known question that an adapter must answer before it is used: drivers have bugs, and scores move money.

use super::{EXPONENT_MAX, Shape, Sketches, Split, TOP_K_MAX, kernel, reference};
use crate::{Adapter, Error, Runtime};

/// Compares an adapter's scores with the reference's, on several cubes and tiles, with full lists, ties, ragged
/// edges, extreme values and every exponent.
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
    // 161 rows, the first all -128, twice over: every score is tied, and 322 rows fill one tile and part of another.
    let extreme = vec![i8::MIN; shape.values()].into_iter();
    let values = extreme.chain(noise(1)).take(161 * shape.values()).collect::<Vec<_>>().repeat(2);
    let exponents = noise(2).map(|byte| byte.cast_unsigned() % (EXPONENT_MAX + 1));
    let exponents = exponents.take(161 * shape.checkpoints()).collect::<Vec<_>>().repeat(2);
    let index = Sketches::new(shape, &values, &exponents)?;
    let queries = index.pieces(kernel::QUERIES + 1).next().expect("there are rows");
    let decoys = index.rows().last().expect("there are rows");
    // An odd number, so that a tie is cut in two.
    let top_k = TOP_K_MAX - 1;
    let expected = reference::score_topk(queries, index, decoys, top_k);
    let runtime = Runtime::Wgpu(adapter.clone());
    for cubes in [1, Split::CUBES] {
        let split = Split { cubes, ..Split::of(shape) };
        if runtime.score_pieces(queries, index, decoys, top_k, split)? != expected {
            return Err(Error::WrongResult { adapter: adapter.name().into() });
        }
    }
    Ok(())
}

/// Endless bytes that look random and are the same everywhere (Knuth's MMIX generator).
pub(super) fn noise(seed: u64) -> impl Iterator<Item = i8> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0].cast_signed()
    })
}
