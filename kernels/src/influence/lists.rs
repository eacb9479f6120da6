//! The best rows of each query of a cube, kept in shared memory as entries (high, low, row).
//! High and low are the halves of a score with its sign bit flipped, so that pairs of unsigned words compare as
//! the scores do.

use cubecl::prelude::*;

use super::TOP_K_MAX;
use super::kernel::{EACH, LANES, QUERIES, Scores, UNITS};

/// Words of an entry.
pub(super) const ENTRY_WORDS: usize = 3;
/// Kept entries of all queries of a cube.
pub(super) const KEPT: usize = QUERIES * TOP_K_MAX;
/// Candidates of all queries of a cube.
pub(super) const CANDIDATES: usize = QUERIES * LANES;
/// Entries that one unit ranks: as many kept ones as candidates.
pub(super) const RANKED: usize = 2 * EACH;
/// The bit that turns the order of signed numbers into that of unsigned ones.
pub(super) const SIGN: u32 = 1 << 31;

/// Units that merge one query's candidates into its kept entries.
const MERGERS: usize = UNITS / QUERIES;

const _: () = assert!(MERGERS * EACH == LANES && MERGERS * EACH == TOP_K_MAX);

/// A row and its score.
#[derive(CubeType, Clone, Copy)]
struct Entry {
    high: u32,
    low: u32,
    row: u32,
}

/// Starts every query's list with its floor, which no row's score may equal;
/// a query past the last one gets a floor that no score exceeds.
#[cube]
pub(super) fn start(kept: &mut [u32], gained: &Shared<[Atomic<u32>]>, floors: &[u32], query0: usize) {
    let query = UNIT_POS as usize / MERGERS;
    let mut floor = Entry { high: 4294967295u32, low: 4294967295u32, row: 0u32 };
    if (query0 + query) * 2 < floors.len() {
        floor.high = floors[(query0 + query) * 2];
        floor.low = floors[(query0 + query) * 2 + 1];
    }
    #[unroll]
    for i in 0..EACH {
        put(kept, KEPT, query * TOP_K_MAX + UNIT_POS as usize % MERGERS + i * MERGERS, &floor);
    }
    gained[query].store(0u32);
}

/// Makes the unit's row of this band a candidate of each of its queries where it precedes the last one kept.
#[cube]
pub(super) fn offer(
    candidates: &mut [u32],
    kept: &[u32],
    gained: &Shared<[Atomic<u32>]>,
    scores: &Scores,
    #[comptime] band: usize,
    row: u32,
    keep: usize,
) {
    #[unroll]
    for i in 0..EACH {
        let query = UNIT_POS as usize / LANES + i * EACH;
        let entry = Entry { high: scores.high[i * EACH + band] ^ SIGN, low: scores.low[i * EACH + band], row };
        if precedes(&entry, &get(kept, KEPT, query * TOP_K_MAX + keep - 1)) {
            let slot = gained[query].fetch_add(1u32) as usize;
            put(candidates, CANDIDATES, query * LANES + slot, &entry);
        }
    }
}

/// Finds the new places of kept entries and candidates, `EACH` of both a unit: an entry's place is the number
/// of entries that precede it. The order is total, so no two share a place and the order of arrival is forgotten.
#[cube]
pub(super) fn rank(
    candidates: &[u32],
    kept: &[u32],
    gained: &Shared<[Atomic<u32>]>,
    held: &mut Array<u32>,
    keep: usize,
) {
    let query = UNIT_POS as usize / MERGERS;
    let mate = UNIT_POS as usize % MERGERS;
    let list = query * TOP_K_MAX;
    let news = query * LANES;
    let count = gained[query].load() as usize;
    #[unroll]
    for i in 0..EACH {
        let at = mate + i * MERGERS;
        held[i] = u32::cast_from(keep);
        held[EACH + i] = u32::cast_from(keep);
        if count > 0 && at < keep {
            let entry = get(kept, KEPT, list + at);
            held[i] = u32::cast_from(at) + preceding(&entry, candidates, CANDIDATES, news, count);
            hold(held, i, &entry);
        }
        if at < count {
            let entry = get(candidates, CANDIDATES, news + at);
            held[EACH + i] =
                preceding(&entry, kept, KEPT, list, keep) + preceding(&entry, candidates, CANDIDATES, news, count);
            hold(held, EACH + i, &entry);
        }
    }
}

/// Remembers a ranked entry behind the places.
#[cube]
fn hold(held: &mut Array<u32>, #[comptime] at: usize, entry: &Entry) {
    held[RANKED + at] = entry.high;
    held[2 * RANKED + at] = entry.low;
    held[3 * RANKED + at] = entry.row;
}

/// Moves the ranked entries to their places; those past `keep` are gone.
#[cube]
pub(super) fn settle(kept: &mut [u32], gained: &Shared<[Atomic<u32>]>, held: &Array<u32>, keep: usize) {
    let query = UNIT_POS as usize / MERGERS;
    #[unroll]
    for i in 0..RANKED {
        if held[i] < u32::cast_from(keep) {
            let entry = Entry { high: held[RANKED + i], low: held[2 * RANKED + i], row: held[3 * RANKED + i] };
            put(kept, KEPT, query * TOP_K_MAX + held[i] as usize, &entry);
        }
    }
    if (UNIT_POS as usize) < QUERIES {
        gained[UNIT_POS as usize].store(0u32);
    }
}

/// How many of the `count` entries from `first` on precede `entry`.
#[cube]
fn preceding(entry: &Entry, entries: &[u32], #[comptime] size: usize, first: usize, count: usize) -> u32 {
    let mut found = 0u32;
    for at in first..first + count {
        found += u32::cast_from(precedes(&get(entries, size, at), entry));
    }
    found
}

/// The total order: the higher score first, of equal ones the lower row.
#[cube]
fn precedes(a: &Entry, b: &Entry) -> bool {
    a.high > b.high || (a.high == b.high && (a.low > b.low || (a.low == b.low && a.row < b.row)))
}

/// The entry at `at` of `size` entries, stored as all highs, all lows, all rows.
#[cube]
fn get(entries: &[u32], #[comptime] size: usize, at: usize) -> Entry {
    Entry { high: entries[at], low: entries[size + at], row: entries[2 * size + at] }
}

/// Stores an entry as `get` reads it.
#[cube]
fn put(entries: &mut [u32], #[comptime] size: usize, at: usize, entry: &Entry) {
    entries[at] = entry.high;
    entries[size + at] = entry.low;
    entries[2 * size + at] = entry.row;
}

/// Writes this part's kept entries of every query.
#[cube]
pub(super) fn write(out: &mut [u32], kept: &[u32], query0: usize, query_count: usize, keep: usize) {
    let query = UNIT_POS as usize / MERGERS;
    if query0 + query < query_count {
        let list = (CUBE_POS_Y as usize * query_count + query0 + query) * keep;
        #[unroll]
        for i in 0..EACH {
            let place = UNIT_POS as usize % MERGERS + i * MERGERS;
            if place < keep {
                let entry = get(kept, KEPT, query * TOP_K_MAX + place);
                out[(list + place) * ENTRY_WORDS] = entry.high;
                out[(list + place) * ENTRY_WORDS + 1] = entry.low;
                out[(list + place) * ENTRY_WORDS + 2] = entry.row;
            }
        }
    }
}
