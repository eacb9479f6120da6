//! What a table is: columns, key, grain, writer and partitioning, declared once by the `table!` macro.

use crate::cell::{CellType, Value};

/// How a table's files are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// By the date of the column `taken_at`; a column `date` is added.
    ByDate,
    /// By epoch and attempt; a column `attempt` is added behind `epoch`. Never replaced.
    ByEpoch,
    /// One folder; appended to.
    Whole,
}

/// A table.
#[derive(Debug)]
pub struct TableDef {
    /// Its name.
    pub name: &'static str,
    /// Version of its schema, part of its digest.
    pub version: u32,
    /// The job or part that writes it.
    pub writer: &'static str,
    /// What one row is.
    pub grain: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// Its layout.
    pub layout: Layout,
    /// The columns, in the order of the row encoding.
    pub columns: &'static [ColumnDef],
    /// Names of the columns that are unique together.
    pub key: &'static [&'static str],
}

/// A column.
#[derive(Debug)]
pub struct ColumnDef {
    /// Its name.
    pub name: &'static str,
    /// What it holds, with unit.
    pub doc: &'static str,
    /// Its type.
    pub ty: CellType,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether the row encoding holds it.
    pub in_digest: bool,
}

/// A row of a table.
pub trait Table: Sized + Send + Sync + 'static {
    /// The table.
    const DEF: &'static TableDef;
    /// The row's cells, in the order of the columns.
    fn to_values(&self) -> Vec<Value>;
    /// The row of these cells, or what is wrong with them.
    fn from_values(values: Vec<Value>) -> Result<Self, String>;
}

/// Declares a table and the struct that is its row. A field marked `[no_digest]` stays out of the row encoding.
#[macro_export]
macro_rules! table {
    (
        $(#[doc = $doc:literal])*
        #[table(name = $name:literal, version = $version:literal, writer = $writer:literal, grain = $grain:literal,
                layout = $layout:ident, key = [$($key:ident),+ $(,)?])]
        pub struct $row:ident { $($(#[doc = $fdoc:literal])* pub $field:ident: $ty:ty $([$no_digest:ident])?,)+ }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $row {
            $($(#[doc = $fdoc])* pub $field: $ty,)+
        }

        impl $crate::table::Table for $row {
            const DEF: &'static $crate::table::TableDef = &$crate::table::TableDef {
                name: $name,
                version: $version,
                writer: $writer,
                grain: $grain,
                doc: concat!($($doc, "\n"),*),
                layout: $crate::table::Layout::$layout,
                columns: &[$($crate::table::ColumnDef {
                    name: stringify!($field),
                    doc: concat!($($fdoc),*),
                    ty: <$ty as $crate::cell::Cell>::TYPE,
                    nullable: <$ty as $crate::cell::Cell>::NULLABLE,
                    in_digest: $crate::table!(@in_digest $($no_digest)?),
                }),+],
                key: &[$(stringify!($key)),+],
            };

            fn to_values(&self) -> Vec<$crate::cell::Value> {
                vec![$($crate::cell::Cell::to_value(&self.$field)),+]
            }

            fn from_values(values: Vec<$crate::cell::Value>) -> Result<Self, String> {
                let mut values = values.into_iter();
                Ok(Self {
                    $($field: $crate::cell::Cell::from_value(values.next().unwrap_or($crate::cell::Value::Null))
                        .map_err(|wrong| format!("column {}: {wrong}", stringify!($field)))?,)+
                })
            }
        }
    };
    (@in_digest) => { true };
    (@in_digest no_digest) => { false };
}
