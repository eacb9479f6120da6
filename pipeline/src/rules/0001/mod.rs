//! Rule set 1, as docs/rules.md says it: functions from rows to rows, without clock, randomness or I/O.

pub mod binding;
pub mod charging;
pub mod copies;
pub mod divide;
pub mod log_time;
pub mod orders;
pub mod pairing;
pub mod posting;
pub mod registry;
pub mod roles;
pub mod scope;
