//! Int8 sketches of gradients, with their bounds checked once.

use crate::Error;

/// Most values of a row over all checkpoints: 2^16 products of 2^14 fit an `i32`.
pub const PRODUCTS_MAX: usize = 65_536;
/// Most checkpoints: a checkpoint is a byte.
pub const CHECKPOINTS_MAX: usize = 256;
/// Largest exponent.
pub const EXPONENT_MAX: u8 = 15;
/// Most rows, so that every position and count of rows is a `u32`.
pub const ROWS_MAX: usize = 1 << 31;

/// Rows of int8 sketches, each at T checkpoints with an exponent; the value of an entry is int8 x 2^exponent.
#[derive(Clone, Copy, Debug)]
pub struct Sketches<'a> {
    shape: Shape,
    values: &'a [i8],
    exponents: &'a [u8],
}

/// The dimension k of a sketch at one checkpoint, and the number T of checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    dimension: usize,
    checkpoints: usize,
}

impl Shape {
    /// A shape within bounds.
    ///
    /// # Errors
    /// [`Error::Shape`] unless k is a positive multiple of 4, T in 1 to [`CHECKPOINTS_MAX`] and k x T at most
    /// [`PRODUCTS_MAX`].
    pub fn new(dimension: usize, checkpoints: usize) -> Result<Self, Error> {
        let products = dimension.saturating_mul(checkpoints);
        if products == 0 || products > PRODUCTS_MAX || checkpoints > CHECKPOINTS_MAX || !dimension.is_multiple_of(4) {
            return Err(Error::Shape { dimension, checkpoints });
        }
        Ok(Self { dimension, checkpoints })
    }

    /// Values of a row at one checkpoint: k.
    #[must_use]
    pub fn dimension(self) -> usize {
        self.dimension
    }

    /// Checkpoints of a row: T.
    #[must_use]
    pub fn checkpoints(self) -> usize {
        self.checkpoints
    }

    /// Values of a row over all checkpoints: k x T.
    #[must_use]
    pub fn values(self) -> usize {
        self.dimension * self.checkpoints
    }
}

impl<'a> Sketches<'a> {
    /// Rows of `values`, `[row][checkpoint][k]`, with `exponents`, `[row][checkpoint]`.
    ///
    /// # Errors
    /// [`Error::Exponents`] and [`Error::Values`] where a length is not that of whole rows,
    /// [`Error::Exponent`] where one is above [`EXPONENT_MAX`].
    pub fn new(shape: Shape, values: &'a [i8], exponents: &'a [u8]) -> Result<Self, Error> {
        let checkpoints = shape.checkpoints;
        let rows = exponents.len() / checkpoints;
        if !exponents.len().is_multiple_of(checkpoints) || rows > ROWS_MAX {
            return Err(Error::Exponents { exponents: exponents.len(), checkpoints });
        }
        let expected = exponents.len() * shape.dimension;
        if values.len() != expected {
            return Err(Error::Values { values: values.len(), expected });
        }
        if let Some(at) = exponents.iter().position(|&exponent| exponent > EXPONENT_MAX) {
            return Err(Error::Exponent {
                exponent: exponents[at],
                row: at / checkpoints,
                checkpoint: at % checkpoints,
            });
        }
        Ok(Self { shape, values, exponents })
    }

    /// The shape of every row.
    #[must_use]
    pub fn shape(self) -> Shape {
        self.shape
    }

    /// The number of rows.
    #[must_use]
    pub fn len(self) -> usize {
        self.exponents.len() / self.shape.checkpoints
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.exponents.is_empty()
    }

    /// All values, `[row][checkpoint][k]`.
    #[must_use]
    pub fn values(self) -> &'a [i8] {
        self.values
    }

    /// All exponents, `[row][checkpoint]`.
    #[must_use]
    pub fn exponents(self) -> &'a [u8] {
        self.exponents
    }

    /// The number of rows, as positions are counted.
    pub(super) fn count(self) -> u32 {
        u32::try_from(self.len()).expect("at most ROWS_MAX")
    }

    /// The rows one by one.
    pub(super) fn rows(self) -> impl ExactSizeIterator<Item = Self> {
        self.pieces(1)
    }

    /// The rows in pieces of at most `rows` rows.
    pub(super) fn pieces(self, rows: usize) -> impl ExactSizeIterator<Item = Self> {
        let Shape { dimension, checkpoints } = self.shape;
        let values = self.values.chunks(rows.saturating_mul(checkpoints * dimension));
        let exponents = self.exponents.chunks(rows.saturating_mul(checkpoints));
        values.zip(exponents).map(move |(values, exponents)| Self { shape: self.shape, values, exponents })
    }

    /// The sketch of each checkpoint with its exponent; meant for a single row.
    pub(super) fn checkpoints(self) -> impl ExactSizeIterator<Item = (&'a [i8], u8)> {
        self.values.chunks_exact(self.shape.dimension).zip(self.exponents.iter().copied())
    }
}
