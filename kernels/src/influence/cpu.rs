//! The CPU's path: each thread takes a contiguous part of the rows and goes through it tile by tile.
//! Values are widened to `i16`, rows once for each piece of queries, so that one instruction multiplies eight
//! pairs (sixteen where the build may assume AVX2) and adds them by two; four queries share each load of a row.
//! Cost: about 60 billion products and sums a second and core with SSE2, the x86-64 baseline (`cargo bench`),
//! about twice that when built with `-C target-cpu=x86-64-v3`.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::thread;

use wide::{i16x16, i32x8};

use super::Sketches;
use super::best::{Best, Candidate};

/// Queries scored at once.
const BLOCK: usize = 4;
/// Rows of a tile: with common shapes they stay in the second-level cache.
const TILE_ROWS: usize = 64;
/// Values of a vector.
const LANES: usize = 16;

/// Offers every row to every query's best; the first row has position `first`.
pub(super) fn scan(
    queries: Sketches<'_>,
    rows: Sketches<'_>,
    mut first: u32,
    threads: NonZeroUsize,
    best: &mut [Best],
) {
    let blocks: Vec<Block> = queries.pieces(BLOCK).map(Block::new).collect();
    let empty: Vec<Best> = best.iter().map(Best::above_bar).collect();
    let parts = rows.pieces(rows.len().div_ceil(threads.get()));
    let found: Vec<Vec<Best>> = thread::scope(|scope| {
        let threads: Vec<_> = parts
            .map(|part| {
                let (blocks, empty, start) = (&blocks, empty.clone(), first);
                first += part.count();
                scope.spawn(move || scan_part(blocks, part, start, empty))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    for part in found {
        for (best, part) in best.iter_mut().zip(part) {
            part.kept().iter().for_each(|&candidate| best.offer(candidate));
        }
    }
}

/// Offers every row of a part to `best`, which it returns.
fn scan_part(blocks: &[Block], rows: Sketches<'_>, mut first: u32, mut best: Vec<Best>) -> Vec<Best> {
    let checkpoints = rows.shape().checkpoints();
    let mut values = Vec::new();
    for tile in rows.pieces(TILE_ROWS) {
        values.clear();
        tile.checkpoints().for_each(|(sketch, _)| widen(sketch, &mut values));
        let row_vectors = values.len() / tile.len();
        for (block, best) in blocks.iter().zip(best.chunks_mut(BLOCK)) {
            let rows = values.chunks_exact(row_vectors).zip(tile.exponents().chunks_exact(checkpoints));
            for (position, (values, exponents)) in (first..).zip(rows) {
                for (best, score) in best.iter_mut().zip(block.scores(values, exponents)) {
                    if score > best.bar() {
                        best.offer(Candidate { score, position });
                    }
                }
            }
        }
        first += tile.count();
    }
    best
}

/// Four queries side by side; where there are fewer, the last ones are zero.
struct Block {
    /// `[checkpoint][vector][query]`.
    values: Vec<[i16x16; BLOCK]>,
    /// `[checkpoint][query]`.
    exponents: Vec<[u8; BLOCK]>,
}

impl Block {
    fn new(queries: Sketches<'_>) -> Self {
        let shape = queries.shape();
        let vectors = shape.dimension().div_ceil(LANES);
        let mut values = vec![[i16x16::ZERO; BLOCK]; shape.checkpoints() * vectors];
        let mut exponents = vec![[0; BLOCK]; shape.checkpoints()];
        let mut query_values = Vec::new();
        for (at, query) in queries.rows().enumerate() {
            query_values.clear();
            for (exponents, (sketch, exponent)) in exponents.iter_mut().zip(query.checkpoints()) {
                exponents[at] = exponent;
                widen(sketch, &mut query_values);
            }
            values.iter_mut().zip(&query_values).for_each(|(values, &value)| values[at] = value);
        }
        Self { values, exponents }
    }

    /// The scores of a row, `[checkpoint][vector]`, for each of the queries.
    fn scores(&self, row: &[i16x16], row_exponents: &[u8]) -> [i64; BLOCK] {
        let vectors = row.len() / row_exponents.len();
        let mut scores = [0; BLOCK];
        let queries = self.values.chunks_exact(vectors).zip(&self.exponents);
        let row = row.chunks_exact(vectors).zip(row_exponents);
        for ((queries, exponents), (row, row_exponent)) in queries.zip(row) {
            let mut dots = [i32x8::ZERO; BLOCK];
            for (queries, &row) in queries.iter().zip(row) {
                for (dot, query) in dots.iter_mut().zip(queries) {
                    *dot += query.dot(row);
                }
            }
            for ((score, dot), exponent) in scores.iter_mut().zip(dots).zip(exponents) {
                *score += i64::from(dot.reduce_add()) << (exponent + row_exponent);
            }
        }
        scores
    }
}

/// Appends a sketch in vectors, the last one filled up with zeros.
fn widen(sketch: &[i8], vectors: &mut Vec<i16x16>) {
    let (whole, rest) = sketch.as_chunks::<LANES>();
    vectors.extend(whole.iter().map(|values| i16x16::from(values.map(i16::from))));
    if !rest.is_empty() {
        let mut last = [0; LANES];
        last[..rest.len()].copy_from_slice(rest);
        vectors.push(i16x16::from(last.map(i16::from)));
    }
}
