//! The device's half: a cube scores tiles of rows against its queries and keeps the best of each query in
//! shared memory. The host (`device`) validates; this code assumes.
//! It needs neither 64-bit integers nor 8-bit storage: int8 values travel as four lanes of a word, and a score
//! is a pair of `u32` (high, low) with the sign bit flipped, so that pairs compare as the scores do.

use cubecl::prelude::*;

use super::TOP_K_MAX;

/// Queries of one cube.
pub(super) const QUERIES: usize = 16;
/// Rows that a cube scores at once.
pub(super) const ROWS: usize = 256;
/// Units of one cube: 4 query lanes of 64 row lanes.
pub(super) const UNITS: usize = 256;
/// Words of an entry: score high, score low, row.
pub(super) const ENTRY_WORDS: usize = 3;
/// Shared memory of one cube.
pub(super) const SHARED_BYTES: usize = 4 * (TILE + ENTRY_WORDS * LIST + QUERIES);

/// Row lanes of a cube; each has one candidate of a query when lists are merged.
const LANES: usize = 64;
/// Queries, and rows, that one unit scores.
const EACH: usize = 4;
/// Words of each row that a tile holds.
const STEP: usize = 16;
/// Words from row to row in a tile: odd, so that neighbours lie in different banks.
const STRIDE: usize = STEP + 1;
/// Words of a tile: the rows, then the queries.
const TILE: usize = (ROWS + QUERIES) * STRIDE;
/// Candidates of all queries; they lie over the tile, whose words are used up by then.
const CANDIDATES: usize = QUERIES * LANES;
/// Kept entries of all queries.
const LIST: usize = QUERIES * TOP_K_MAX;
/// Units that merge one query's candidates into its list.
const MERGERS: usize = UNITS / QUERIES;
/// The bit that turns the order of signed numbers into that of unsigned ones.
const SIGN: u32 = 1 << 31;

const _: () = assert!(UNITS == LANES * QUERIES / EACH && ROWS == LANES * EACH);
const _: () = assert!(ENTRY_WORDS * CANDIDATES <= TILE);
const _: () = assert!(SHARED_BYTES <= 32 * 1024);

/// The best `keep` rows of each query whose score exceeds the query's floor, a list for each part of the rows.
///
/// `queries` and `rows` hold their values, `[count][checkpoints][words]`, then their exponents,
/// `[count][checkpoints]`; `floors` is `[queries][2]`; `out` is `[parts][queries][keep][3]`, and where fewer
/// rows exceed the floor the rest holds the floor.
/// Cubes: x covers the queries, y the parts.
#[cube(launch)]
pub(super) fn best_above(
    queries: &[u32],
    rows: &[u32],
    floors: &[u32],
    out: &mut [u32],
    checkpoints: usize,
    words: usize,
    keep: usize,
) {
    let mut tile = Shared::<[u32]>::new_slice(TILE);
    let mut list = Shared::<[u32]>::new_slice(comptime!(ENTRY_WORDS * LIST));
    let gained = Shared::<[Atomic<u32>]>::new_slice(QUERIES);

    let query_count = floors.len() / 2;
    let query0 = CUBE_POS_X as usize * QUERIES;
    let row_count = rows.len() / (checkpoints * (words + 1));
    let tiles = row_count.div_ceil(ROWS);
    let tiles_per_part = tiles.div_ceil(CUBE_COUNT_Y as usize);
    let first = CUBE_POS_Y as usize * tiles_per_part;
    let mut last = first + tiles_per_part;
    if last > tiles {
        last = tiles;
    }
    start(&mut list, &gained, floors, query0, keep);
    sync_cube();

    for number in first..last {
        let row0 = number * ROWS;
        let mut high = Array::<u32>::new(16usize);
        let mut low = Array::<u32>::new(16usize);
        let mut dots = Array::<i32>::new(16usize);
        #[unroll]
        for i in 0..16usize {
            high[i] = 0u32;
            low[i] = 0u32;
            dots[i] = 0i32;
        }
        for checkpoint in 0..checkpoints {
            for step in 0..words.div_ceil(STEP) {
                load(&mut tile, rows, row0, row_count, ROWS, 0usize);
                sync_cube();
                multiply(&tile, &mut dots);
                sync_cube();
            }
        }
        out[number] = high[0] + low[1] + u32::reinterpret(dots[3]);
    }
}

#[cube]
fn load(
    tile: &mut Shared<[u32]>,
    source: &[u32],
    first: usize,
    count: usize,
    #[comptime] slots: usize,
    #[comptime] at: usize,
) {
    #[unroll]
    for i in 0..slots * STEP / UNITS {
        let slot = (UNIT_POS as usize + i * UNITS) / STEP;
        let mut word = 0u32;
        if first + slot < count {
            word = source[first + slot];
        }
        tile[at + slot * STRIDE] = word;
    }
}

#[cube]
fn multiply(tile: &Shared<[u32]>, dots: &mut Array<i32>) {
    let row = UNIT_POS as usize % LANES;
    for w in 0..STEP {
        let mut r = Array::<i32>::new(EACH);
        #[unroll]
        for i in 0..EACH {
            r[i] = i32::reinterpret(tile[(row + i * LANES) * STRIDE + w]);
        }
        #[unroll]
        for i in 0..EACH {
            dots[i] = dp4a(r[i], r[0], dots[i]);
        }
    }
}

#[cube]
fn start(list: &mut Shared<[u32]>, gained: &Shared<[Atomic<u32>]>, floors: &[u32], query0: usize, keep: usize) {
    let query = UNIT_POS as usize / MERGERS;
    for e in 0..keep {
        list[query * TOP_K_MAX + e] = floors[query0];
    }
    gained[query].store(0u32);
}
