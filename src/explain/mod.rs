//! Why an account got what it got in an epoch, down to receipts and contributions, adding up exactly; or why nothing.
//! Everything is read from the settled tables, and every division that is shown is made again with the epoch's rules:
//! a difference stops the command.

mod account;
mod capacity;
mod divided;
mod earned;
mod explainer;
mod fee;
mod inclusion;
mod moved;
mod names;
mod nothing;
mod outcome;
mod receipt;
mod settlement;
mod split;
mod text;
mod tree;

#[cfg(test)]
mod tests;

pub use explainer::Explainer;
pub use settlement::Settlement;
