//! x
pub mod influence;
