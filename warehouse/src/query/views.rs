//! Schema `open`: flat views for people, one `.sql` file each.

macro_rules! views {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../open/", $name, ".sql")))),+]
    };
}

/// Every view: its name and the query that defines it, each after those it reads.
pub const VIEWS: &[(&str, &str)] = views!["current", "accounts", "datanets", "receipts", "earnings"];
