//! openbooks
fn main() {}
