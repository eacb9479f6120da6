//! The device's half: a cube scores tiles of rows against its queries and offers them to the queries' `lists`.
//! The host (`device`) validates; this code assumes.
//! It needs neither 64-bit integers nor 8-bit storage: int8 values travel as four lanes of a word, and a score
//! is a pair of `u32` (high, low).

use cubecl::prelude::*;

use super::TOP_K_MAX;
use super::lists::{CANDIDATES, ENTRY_WORDS, KEPT, RANKED, offer, rank, settle, start, write};

/// Queries of one cube.
pub(super) const QUERIES: usize = 16;
/// Rows that a cube scores at once.
pub(super) const ROWS: usize = 256;
/// Units of one cube: 4 query lanes of 64 row lanes.
pub(super) const UNITS: usize = 256;
/// Row lanes of a cube; in a band of a tile each offers one row to a query.
pub(super) const LANES: usize = 64;
/// Queries, and rows, that one unit scores.
pub(super) const EACH: usize = 4;
/// Shared memory of one cube.
pub(super) const SHARED_BYTES: usize = 4 * (TILE + ENTRY_WORDS * KEPT + QUERIES);

/// Scores of one unit.
const SCORES: usize = EACH * EACH;
/// Words of each row that a tile holds.
const STEP: usize = 16;
/// Words from row to row in a tile: odd, so that neighbours lie in different banks.
const STRIDE: usize = STEP + 1;
/// Words of a tile: the rows, then the queries.
const TILE: usize = (ROWS + QUERIES) * STRIDE;

const _: () = assert!(UNITS * SCORES == QUERIES * ROWS && ROWS == LANES * EACH);
const _: () =
    assert!(ENTRY_WORDS * CANDIDATES <= TILE, "candidates lie over the tile, whose words are used up by then");
const _: () = assert!(SHARED_BYTES <= 32 * 1024, "some devices have no more");

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
    let mut kept = Shared::<[u32]>::new_slice(comptime!(ENTRY_WORDS * KEPT));
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

    start(&mut kept, &gained, floors, query0);
    sync_cube();
    for number in first..last {
        let row0 = number * ROWS;
        let mut scores = Scores { high: Array::<u32>::new(SCORES), low: Array::<u32>::new(SCORES) };
        #[unroll]
        for i in 0..SCORES {
            scores.high[i] = 0u32;
            scores.low[i] = 0u32;
        }
        for checkpoint in 0..checkpoints {
            let mut dots = Array::<i32>::new(SCORES);
            #[unroll]
            for i in 0..SCORES {
                dots[i] = 0i32;
            }
            for step in 0..words.div_ceil(STEP) {
                let cut = Cut { checkpoints, checkpoint, words, word: step * STEP };
                load(&mut tile, 0usize, ROWS, rows, row0, row_count, &cut);
                load(&mut tile, ROWS, QUERIES, queries, query0, query_count, &cut);
                sync_cube();
                multiply(&tile, &mut dots);
                sync_cube();
            }
            let cut = Cut { checkpoints, checkpoint, words, word: 0usize };
            let query_exponents = exponents(queries, query0 + UNIT_POS as usize / LANES, EACH, query_count, &cut);
            let row_exponents = exponents(rows, row0 + UNIT_POS as usize % LANES, LANES, row_count, &cut);
            add_shifted(&mut scores, &dots, &query_exponents, &row_exponents);
        }
        #[unroll]
        for band in 0..EACH {
            let row = row0 + UNIT_POS as usize % LANES + band * LANES;
            if row < row_count {
                offer(&mut tile, &kept, &gained, &scores, band, u32::cast_from(row), keep);
            }
            sync_cube();
            let mut held = Array::<u32>::new(comptime!((1 + ENTRY_WORDS) * RANKED));
            rank(&tile, &kept, &gained, &mut held, keep);
            sync_cube();
            settle(&mut kept, &gained, &held, keep);
            sync_cube();
        }
    }
    write(out, &kept, query0, query_count, keep);
}

/// The most iterations that a unit's loops take for one tile, the last test of each loop included.
pub(super) fn loop_iterations(checkpoints: usize, words: usize) -> usize {
    let scoring = checkpoints * (2 + words.div_ceil(STEP) * (2 + STEP));
    let ranking = EACH * EACH * (TOP_K_MAX + 1 + 2 * (LANES + 1));
    1 + scoring + ranking
}

/// The scores of one unit, `[query][row]`, in halves.
#[derive(CubeType)]
pub(super) struct Scores {
    pub(super) high: Array<u32>,
    pub(super) low: Array<u32>,
}

/// What a tile is cut from: the words from `word` on of one checkpoint.
#[derive(CubeType, Clone, Copy)]
struct Cut {
    checkpoints: usize,
    checkpoint: usize,
    words: usize,
    word: usize,
}

/// Copies `slots` rows of `source` from row `first` on into the tile from slot `at` on;
/// what lies past the last row or word is zero.
#[cube]
fn load(
    tile: &mut [u32],
    #[comptime] at: usize,
    #[comptime] slots: usize,
    source: &[u32],
    first: usize,
    count: usize,
    cut: &Cut,
) {
    let word = UNIT_POS as usize % STEP;
    #[unroll]
    for i in 0..slots * STEP / UNITS {
        let slot = UNIT_POS as usize / STEP + i * (UNITS / STEP);
        let row = first + slot;
        let mut value = 0u32;
        if row < count && cut.word + word < cut.words {
            value = source[(row * cut.checkpoints + cut.checkpoint) * cut.words + cut.word + word];
        }
        tile[(at + slot) * STRIDE + word] = value;
    }
}

/// Adds the tile's products to the unit's dots, `[query][row]`.
#[cube]
fn multiply(tile: &[u32], dots: &mut Array<i32>) {
    let row = UNIT_POS as usize % LANES;
    let query = ROWS + UNIT_POS as usize / LANES;
    for word in 0..STEP {
        let mut row_words = Array::<i32>::new(EACH);
        #[unroll]
        for i in 0..EACH {
            row_words[i] = i32::reinterpret(tile[(row + i * LANES) * STRIDE + word]);
        }
        #[unroll]
        for i in 0..EACH {
            let query_word = i32::reinterpret(tile[(query + i * EACH) * STRIDE + word]);
            #[unroll]
            for j in 0..EACH {
                dots[i * EACH + j] = dp4a(query_word, row_words[j], dots[i * EACH + j]);
            }
        }
    }
}

/// The exponents of the rows `first`, `first + apart`, ... of `source`.
#[cube]
fn exponents(source: &[u32], first: usize, #[comptime] apart: usize, count: usize, cut: &Cut) -> Array<u32> {
    let mut found = Array::<u32>::new(EACH);
    #[unroll]
    for i in 0..EACH {
        let row = first + i * apart;
        found[i] = 0u32;
        if row < count {
            found[i] = source[(count * cut.words + row) * cut.checkpoints + cut.checkpoint];
        }
    }
    found
}

/// score += dot << (query's exponent + row's exponent), in 64 bits; the shift is at most 30.
#[cube]
fn add_shifted(scores: &mut Scores, dots: &Array<i32>, query_exponents: &Array<u32>, row_exponents: &Array<u32>) {
    #[unroll]
    for i in 0..EACH {
        #[unroll]
        for j in 0..EACH {
            let at = comptime!(i * EACH + j);
            let shift = query_exponents[i] + row_exponents[j];
            let add = u32::reinterpret(dots[at]) << shift;
            let sum = scores.low[at] + add;
            let carry = u32::cast_from(sum < add);
            scores.high[at] =
                scores.high[at] + u32::reinterpret((dots[at] >> 1) >> i32::cast_from(31u32 - shift)) + carry;
            scores.low[at] = sum;
        }
    }
}
