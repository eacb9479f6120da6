//! The host's half of the adapter's path: cuts the rows of a piece into parts for the adapter's cubes,
//! launches the kernel and merges the parts' lists in the same total order.
//! A launch moves the piece up and, for each cube, 16 x top K entries of 12 bytes down.

use cubecl::client::Client;
use cubecl::prelude::{CubeCount, CubeDim};

use super::Sketches;
use super::best::{Best, Candidate};
use super::kernel::{self, QUERIES, ROWS, UNITS};
use super::lists::{ENTRY_WORDS, SIGN};
use crate::adapter::Adapter;
use crate::buffer::Buffer;
use crate::{Cause, Error};

/// Offers every row to every query's best; the first row has position `first`.
/// The rows are one piece: they fit a binding.
pub(super) fn scan(
    adapter: &Adapter,
    queries: Sketches<'_>,
    rows: Sketches<'_>,
    mut first: u32,
    cubes: usize,
    best: &mut [Best],
) -> Result<(), Error> {
    let shape = queries.shape();
    let parts_max = (cubes / queries.len().div_ceil(QUERIES)).max(1);
    let tiles_max = adapter.loop_iterations_max() / kernel::loop_iterations(shape.checkpoints(), shape.dimension() / 4);
    for rows in rows.pieces(parts_max.saturating_mul(tiles_max).saturating_mul(ROWS)) {
        let parts = parts_max.min(rows.len().div_ceil(ROWS));
        let entries = launch(&adapter.client(), queries, rows, parts, best)
            .map_err(|source| Error::Launch { adapter: adapter.name().into(), source })?;
        // An entry that only holds the floor is never kept: its score is the bar, which a row from here on exceeds.
        for part in entries.chunks_exact(entries.len() / parts) {
            for (best, list) in best.iter_mut().zip(part.chunks_exact(part.len() / queries.len())) {
                for entry in list.chunks_exact(ENTRY_WORDS) {
                    best.offer(Candidate { score: score(entry[0], entry[1]), position: first + entry[2] });
                }
            }
        }
        first += rows.count();
    }
    Ok(())
}

/// The kernel's lists, `[part][query][keep][3]`.
fn launch(
    client: &Client,
    queries: Sketches<'_>,
    rows: Sketches<'_>,
    parts: usize,
    best: &[Best],
) -> Result<Vec<u32>, Cause> {
    let shape = queries.shape();
    let keep = best[0].keep();
    let floors: Vec<u32> = best.iter().flat_map(|best| words(best.bar())).collect();
    let out = Buffer::empty(client, parts * queries.len() * keep * ENTRY_WORDS);
    kernel::best_above::launch(
        client,
        CubeCount::new_2d(size(queries.len().div_ceil(QUERIES)), size(parts)),
        CubeDim::new_1d(size(UNITS)),
        Buffer::upload(client, packed(queries)).argument(),
        Buffer::upload(client, packed(rows)).argument(),
        Buffer::upload(client, bytemuck::cast_slice(&floors).to_vec()).argument(),
        out.argument(),
        shape.checkpoints(),
        shape.dimension() / 4,
        keep,
    );
    out.read(client)
}

/// The values, then the exponents as a word each.
fn packed(sketches: Sketches<'_>) -> Vec<u8> {
    let (values, exponents) = (sketches.values(), sketches.exponents());
    let mut bytes = Vec::with_capacity(values.len() + size_of::<u32>() * exponents.len());
    bytes.extend_from_slice(bytemuck::cast_slice(values));
    bytes.extend(exponents.iter().flat_map(|&exponent| u32::from(exponent).to_ne_bytes()));
    bytes
}

/// A score as the kernel has it: high and low word, the sign bit flipped.
fn words(score: i64) -> [u32; 2] {
    let [high, low] = halves(score.cast_unsigned());
    [high ^ SIGN, low]
}

/// The score that `words` made.
fn score(high: u32, low: u32) -> i64 {
    (u64::from(high ^ SIGN) << 32 | u64::from(low)).cast_signed()
}

/// The two halves of a number, high before low.
#[expect(clippy::cast_possible_truncation, reason = "each half has 32 bits")]
fn halves(number: u64) -> [u32; 2] {
    [(number >> 32) as u32, number as u32]
}

/// A count of cubes or units, all below 2^32 as pieces are bounded.
fn size(count: usize) -> u32 {
    u32::try_from(count).expect("pieces are bounded")
}
