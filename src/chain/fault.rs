//! Where a test may kill the process, by name. In a release there is no such place.

/// Ends the process here, without any farewell, when `OPENBOOKS_DIE_AT` names this point.
pub fn point(name: &str) {
    if cfg!(debug_assertions) && std::env::var("OPENBOOKS_DIE_AT").is_ok_and(|wanted| wanted == name) {
        std::process::abort();
    }
}
