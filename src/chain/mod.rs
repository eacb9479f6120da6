//! The chain of the vault: reading what is final there, and transactions of ours that happen once.

mod client;
mod fault;
mod key;
mod outbox;
mod roots;
mod sender;

pub use client::Chain;
pub use key::{KeyArgs, Signer};
pub use outbox::{Call, Outbox};
pub use roots::{Standing, standing, synchronise};
pub use sender::{Delivered, deliver, send_once};
