//! The page that documents every table, made from the definitions.

use crate::cell::CellType;
use crate::table::{Layout, TableDef};
use crate::tables;
use std::fmt::Write;

/// The page in Markdown.
pub fn tables_page() -> String {
    let mut page = String::from(
        "# Tables\n\nMade from `warehouse/src/tables/` by `make docs`; a test keeps it fresh.\n\
         Amounts are integers in base units (10^18 make one OPEN), times UTC microseconds, ids 32 bytes, addresses 20, accounts 33.\n\
         The row encoding holds the columns in this order, without those marked *not in the digest*.\n\
         Tables by epoch also have a column `attempt` (int32, not in the digest) behind `epoch`; tables by date a column `date`.\n",
    );
    for def in tables::ALL {
        describe(def, &mut page);
    }
    page
}

fn describe(def: &TableDef, page: &mut String) {
    let layout = match def.layout {
        Layout::ByDate => "by date of `taken_at`",
        Layout::ByEpoch => "by epoch and attempt",
        Layout::Whole => "whole",
    };
    let _ = write!(
        page,
        "\n## {}\n{}\n\nOne row per {}. Key: {}. Written by {}. Laid out {layout}. Schema version {}.\n\n| column | type | meaning |\n|---|---|---|\n",
        def.name,
        def.doc.trim(),
        def.grain,
        def.key.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", "),
        def.writer,
        def.version,
    );
    for column in def.columns {
        let null = if column.nullable { ", null" } else { "" };
        let digest = if column.in_digest { "" } else { " Not in the digest." };
        let _ =
            writeln!(page, "| `{}` | {}{null} | {}{digest} |", column.name, type_name(column.ty), column.doc.trim());
    }
}

fn type_name(ty: CellType) -> String {
    match ty {
        CellType::Boolean => "boolean".into(),
        CellType::Int32 => "int32".into(),
        CellType::Int64 => "int64".into(),
        CellType::Time => "time".into(),
        CellType::Decimal => "decimal(38,0)".into(),
        CellType::Binary => "binary".into(),
        CellType::Text => "text".into(),
        CellType::List(element) => format!("list of {}", type_name(*element)),
        CellType::Struct(fields) => {
            let fields = fields.iter().map(|(name, ty)| format!("{name} {}", type_name(*ty)));
            format!("struct({})", fields.collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_of_tables_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/tables.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, super::tables_page()).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap();
        assert_eq!(written, super::tables_page(), "run `make docs`");
    }
}
