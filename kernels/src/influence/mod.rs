//! x
pub(crate) mod kernel;
/// K
pub const TOP_K_MAX: usize = 64;
