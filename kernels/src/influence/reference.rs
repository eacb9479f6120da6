//! The specification, in plain Rust: what every runtime must return. One thread, one score at a time.

use std::cmp::Reverse;

use super::{Hit, Scored, Sketches};

/// The influence of each row of `index` on each of `queries`, with the same arguments, in the same bounds,
/// as [`Runtime::score_topk`](crate::Runtime::score_topk).
///
/// # Panics
/// Without a decoy.
#[must_use]
pub fn score_topk(queries: Sketches<'_>, index: Sketches<'_>, decoys: Sketches<'_>, top_k: usize) -> Vec<Scored> {
    queries
        .rows()
        .map(|query| {
            let tau = decoys.rows().map(|decoy| score(query, decoy)).max().expect("a decoy");
            let mut top: Vec<Hit> = (0..)
                .zip(index.rows().map(|row| score(query, row) - tau))
                .map(|(position, a)| Hit { position, a })
                .filter(|hit| hit.a > 0)
                .collect();
            top.sort_by_key(|hit| (Reverse(hit.a), hit.position));
            top.truncate(top_k);
            Scored { tau, top }
        })
        .collect()
}

/// The sum over checkpoints of (q . s) x 2^(e + f).
fn score(query: Sketches<'_>, row: Sketches<'_>) -> i64 {
    query
        .checkpoints()
        .zip(row.checkpoints())
        .map(|((q, e), (s, f))| {
            let dot: i64 = q.iter().zip(s).map(|(&q, &s)| i64::from(q) * i64::from(s)).sum();
            dot << (e + f)
        })
        .sum()
}
