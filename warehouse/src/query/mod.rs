//! SQL over the tables: a DataFusion session in which people see schema `open` first.
//! Nothing here writes: statements that would are refused.

mod exact_sum;
mod verified;
mod views;

pub use views::VIEWS;

use crate::arrow_rows::empty_batch;
use crate::error::Error;
use crate::store::Warehouse;
use crate::tables;
use crate::types::Address;
use arrow::array::{BinaryArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::catalog::{MemTable, MemorySchemaProvider, TableProvider};
use datafusion::common::{ParamValues, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::prelude::{SessionConfig, SessionContext};
use std::collections::HashMap;
use std::sync::Arc;
use verified::Verified;

/// A consistent view of all tables as they were when it was opened.
pub struct Session {
    context: SessionContext,
    store: Arc<Verified>,
}

/// An address and the name under which people know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The address.
    pub account: Address,
    /// Its name.
    pub name: String,
}

/// What is bound to a name in a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// A number.
    Integer(i64),
    /// An id, a hash or an address.
    Bytes(Vec<u8>),
}

impl From<u64> for Parameter {
    fn from(value: u64) -> Self {
        Self::Integer(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<Parameter> for ScalarValue {
    fn from(parameter: Parameter) -> Self {
        match parameter {
            Parameter::Integer(value) => Self::Int64(Some(value)),
            Parameter::Bytes(value) => Self::Binary(Some(value)),
        }
    }
}

impl Session {
    /// Opens a session: every table in schema `warehouse`, every view in `open`, which comes first.
    ///
    /// # Errors
    /// When a table cannot be opened.
    pub async fn open(warehouse: &Warehouse, labels: &[Label]) -> Result<Self, Error> {
        let mut config = SessionConfig::new()
            .with_information_schema(true)
            .with_default_catalog_and_schema("openbooks", "open")
            .set_bool("datafusion.sql_parser.parse_float_as_decimal", true);
        config.options_mut().execution.parquet.pushdown_filters = false;
        let context = SessionContext::new_with_config(config);
        context.register_udaf(exact_sum::exact_sum());
        if let Some(catalog) = context.catalog("openbooks") {
            catalog.register_schema("warehouse", Arc::new(MemorySchemaProvider::new()))?;
        }
        let (base, store, folder) = warehouse.store()?;
        let verified = Arc::new(Verified::new(store, folder));
        context.runtime_env().register_object_store(&base, Arc::clone(&verified) as _);
        for def in tables::ALL {
            let provider: Arc<dyn TableProvider> = match warehouse.open(def).await? {
                Some(table) => {
                    let failed = |source| Error::Delta { step: "open", table: def.name, source: Box::new(source) };
                    table.update_datafusion_session(&context.state()).map_err(failed)?;
                    table.table_provider().await?
                }
                None => {
                    let empty = empty_batch(def);
                    Arc::new(MemTable::try_new(empty.schema(), vec![vec![empty]])?)
                }
            };
            context.register_table(format!("openbooks.warehouse.{}", def.name), provider)?;
        }
        context.register_table("openbooks.warehouse.labels", Arc::new(labels_table(labels)?))?;
        let session = Self { context, store: verified };
        for (name, sql) in VIEWS {
            let view = session.context.sql(sql).await?.into_view();
            session.context.register_table(format!("openbooks.open.{name}"), view)?;
        }
        for def in tables::ALL.iter().filter(|def| VIEWS.iter().all(|(name, _)| *name != def.name)) {
            let table = session.context.table_provider(format!("openbooks.warehouse.{}", def.name)).await?;
            session.context.register_table(format!("openbooks.open.{}", def.name), table)?;
        }
        Ok(session)
    }

    /// The rows of one query, with parameters bound as `$name`.
    ///
    /// # Errors
    /// When it is no query, or cannot be planned or run.
    pub async fn query(&self, sql: &str, parameters: &[(&str, Parameter)]) -> Result<Vec<RecordBatch>, Error> {
        let read_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        let mut frame = self.context.sql_with_options(sql, read_only).await?;
        if !parameters.is_empty() {
            let values: HashMap<String, _> = parameters
                .iter()
                .map(|(name, value)| ((*name).to_owned(), ScalarValue::from(value.clone()).into()))
                .collect();
            frame = frame.with_param_values(ParamValues::Map(values))?;
        }
        let schema = Arc::clone(frame.schema().inner());
        let collected = frame.collect().await;
        let mut batches = match (collected, self.store.corrupted()) {
            (_, Some(path)) => return Err(Error::Corrupted { path }),
            (collected, None) => collected?,
        };
        if batches.is_empty() {
            batches.push(RecordBatch::new_empty(schema));
        }
        Ok(batches)
    }
}

impl From<DataFusionError> for Error {
    fn from(source: DataFusionError) -> Self {
        Self::Query { source: Box::new(source) }
    }
}

fn labels_table(labels: &[Label]) -> Result<MemTable, Error> {
    let fields = vec![Field::new("account", DataType::Binary, false), Field::new("name", DataType::Utf8, false)];
    let schema = Arc::new(Schema::new(fields));
    let accounts: BinaryArray = labels.iter().map(|label| Some(label.account.as_slice())).collect();
    let names: StringArray = labels.iter().map(|label| Some(label.name.as_str())).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(accounts), Arc::new(names)])
        .map_err(|source| Error::Arrow { table: "labels", source })?;
    Ok(MemTable::try_new(schema, vec![vec![batch]])?)
}

/// Rows as text, one a line, `column=value`; at most `rows_max`.
pub fn render(batches: &[RecordBatch], rows_max: usize) -> String {
    let mut lines = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows().min(rows_max.saturating_sub(lines.len())) {
            lines.push(render_row(batch, row));
        }
    }
    lines.join("\n")
}

fn render_row(batch: &RecordBatch, row: usize) -> String {
    let schema = batch.schema();
    let cells = schema.fields().iter().zip(batch.columns()).map(|(field, column)| {
        let text = ArrayFormatter::try_new(column, &FormatOptions::default()).map(|cells| cells.value(row).to_string());
        format!("{}={}", field.name(), text.unwrap_or_default())
    });
    cells.collect::<Vec<_>>().join(" ")
}
