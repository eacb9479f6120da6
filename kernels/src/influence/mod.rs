//! Influence scores: for each query the rows of a sketch index that resemble it more than any decoy does.
//!
//! For a query q and a row s with T checkpoints, exponents e and f:
//! score = sum over t of (`q_t` . `s_t`) x 2^(`e_t` + `f_t`); tau = the highest score of a decoy; a = score - tau,
//! which counts where it is positive; the K largest a, of equal ones the earlier row, are the result.
//! The matrix of scores is never stored.
//!
//! Bounds: k x T is at most 65,536, so a dot product is at most 2^16 x 2^14 = 2^30 and fits an `i32`;
//! with exponents of at most 15 a score is at most 2^60 and an a at most 2^61, so an `i64` never overflows.

mod best;
mod cpu;
mod device;
mod kernel;
mod lists;
mod proof;
pub mod reference;
mod sketches;
#[cfg(test)]
mod tests;

pub(crate) use proof::prove;
pub use sketches::{CHECKPOINTS_MAX, EXPONENT_MAX, PRODUCTS_MAX, ROWS_MAX, Shape, Sketches};

use crate::{Error, Runtime};
use best::Best;

/// Most rows that a query may keep.
pub const TOP_K_MAX: usize = 64;

/// A query's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scored {
    /// The decoys' highest score.
    pub tau: i64,
    /// At most K rows with a > 0: by a descending, position ascending.
    pub top: Vec<Hit>,
}

/// A row that resembles a query more than any decoy does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The row's position in the index, from 0.
    pub position: u32,
    /// Its score less tau, at least 1.
    pub a: i64,
}

/// How the work is cut into pieces, to bound memory and the time of a launch; no result depends on it.
#[derive(Clone, Copy, Debug)]
struct Split {
    /// Most queries of a piece.
    queries: usize,
    /// Most rows of a piece.
    rows: usize,
    /// About how many cubes a launch has.
    cubes: usize,
}

impl Split {
    /// With the rows it bounds a launch to 2^36 products: seconds on the slowest GPU.
    const QUERIES_MAX: usize = 1024;
    /// Bytes of a piece's values and exponents: well below the 128 MiB that every adapter can bind.
    const ROW_BYTES_MAX: usize = 64 << 20;
    /// A few for each multiprocessor of a large GPU.
    const CUBES: usize = 512;

    fn of(shape: Shape) -> Self {
        let row_bytes = shape.values() + size_of::<u32>() * shape.checkpoints();
        Self { queries: Self::QUERIES_MAX, rows: Self::ROW_BYTES_MAX / row_bytes, cubes: Self::CUBES }
    }
}

impl Runtime {
    /// The influence of each row of `index` on each of `queries`, in the order of the queries.
    ///
    /// All three have one shape; there is at least one decoy, and `top_k` lies in 1 to [`TOP_K_MAX`].
    /// Ties go to the earlier row of `index`, so the caller orders it by what ties are to be settled by.
    /// Time is queries x rows x k x T products, memory O(queries x `top_k`) beyond pieces of bounded size.
    ///
    /// # Errors
    /// [`Error::OtherShape`], [`Error::NoDecoys`], [`Error::TopK`]; on an adapter [`Error::Launch`].
    pub fn score_topk(
        &self,
        queries: Sketches<'_>,
        index: Sketches<'_>,
        decoys: Sketches<'_>,
        top_k: usize,
    ) -> Result<Vec<Scored>, Error> {
        self.score_pieces(queries, index, decoys, top_k, Split::of(queries.shape()))
    }

    fn score_pieces(
        &self,
        queries: Sketches<'_>,
        index: Sketches<'_>,
        decoys: Sketches<'_>,
        top_k: usize,
        split: Split,
    ) -> Result<Vec<Scored>, Error> {
        for (rows, name) in [(index, "index"), (decoys, "decoys")] {
            if rows.shape() != queries.shape() {
                return Err(Error::OtherShape { rows: name });
            }
        }
        if decoys.is_empty() {
            return Err(Error::NoDecoys);
        }
        if !(1..=TOP_K_MAX).contains(&top_k) {
            return Err(Error::TopK { top_k });
        }
        let mut scored = Vec::with_capacity(queries.len());
        for queries in queries.pieces(split.queries) {
            let mut nearest = vec![Best::new(1, i64::MIN); queries.len()];
            self.scan(queries, decoys, split, &mut nearest)?;
            let mut best: Vec<Best> = nearest.iter().map(|decoy| Best::new(top_k, decoy.bar())).collect();
            self.scan(queries, index, split, &mut best)?;
            scored.extend(nearest.iter().zip(&best).map(|(decoy, best)| best.above(decoy.bar())));
        }
        Ok(scored)
    }

    /// Offers every row to every query's best.
    fn scan(&self, queries: Sketches<'_>, rows: Sketches<'_>, split: Split, best: &mut [Best]) -> Result<(), Error> {
        let mut first = 0;
        for piece in rows.pieces(split.rows) {
            match self {
                Self::Cpu { threads } => cpu::scan(queries, piece, first, *threads, best),
                Self::Wgpu(adapter) => device::scan(adapter, queries, piece, first, split.cubes, best)?,
            }
            first += piece.count();
        }
        Ok(())
    }
}
