//! Cells to Arrow arrays and back, and a table's Arrow schema.

use crate::cell::{CellType, Value};
use crate::table::{Layout, Table, TableDef};
use crate::types::{Attempt, Time};
use arrow::array::{
    Array, ArrayRef, AsArray, BinaryBuilder, BooleanArray, Date32Array, Decimal128Array, Int32Array, Int64Array,
    ListArray, RecordBatch, StringBuilder, StructArray, TimestampMicrosecondArray,
};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{
    ArrowNativeType, DataType, Decimal128Type, Field, Fields, Int32Type, Int64Type, Schema, SchemaRef, TimeUnit,
    TimestampMicrosecondType,
};
use arrow::error::ArrowError;
use std::sync::Arc;

/// The Arrow type of a column.
pub(crate) fn data_type(ty: CellType) -> DataType {
    match ty {
        CellType::Boolean => DataType::Boolean,
        CellType::Int32 => DataType::Int32,
        CellType::Int64 => DataType::Int64,
        CellType::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        CellType::Decimal => DataType::Decimal128(38, 0),
        CellType::Binary => DataType::Binary,
        CellType::Text => DataType::Utf8,
        CellType::List(element) => DataType::List(list_field(*element)),
        CellType::Struct(fields) => DataType::Struct(struct_fields(fields)),
    }
}

fn list_field(element: CellType) -> Arc<Field> {
    Arc::new(Field::new("element", data_type(element), false))
}

fn struct_fields(fields: &[(&'static str, CellType)]) -> Fields {
    fields.iter().map(|(name, ty)| Field::new(*name, data_type(*ty), false)).collect()
}

/// The table's columns without those that partition it.
pub(crate) fn file_schema(def: &TableDef) -> SchemaRef {
    let partitioned: &[&str] = match def.layout {
        Layout::ByEpoch => &["epoch"],
        Layout::ByDate | Layout::Whole => &[],
    };
    let columns = def.columns.iter().filter(|column| !partitioned.contains(&column.name));
    Arc::new(Schema::new(
        columns.map(|column| Field::new(column.name, data_type(column.ty), column.nullable)).collect::<Vec<_>>(),
    ))
}

/// Every column in the order in which readers see it, those of the layout included.
pub(crate) fn full_schema(def: &TableDef) -> SchemaRef {
    let mut fields: Vec<Field> =
        def.columns.iter().map(|column| Field::new(column.name, data_type(column.ty), column.nullable)).collect();
    match def.layout {
        Layout::ByEpoch => fields.insert(1, Field::new("attempt", DataType::Int32, false)),
        Layout::ByDate => fields.push(Field::new("date", DataType::Date32, false)),
        Layout::Whole => {}
    }
    Arc::new(Schema::new(fields))
}

/// Rows as one batch with the file's columns.
pub(crate) fn to_batch<T: Table>(rows: &[T]) -> Result<RecordBatch, ArrowError> {
    let schema = file_schema(T::DEF);
    let cells: Vec<Vec<Value>> = rows.iter().map(T::to_values).collect();
    let mut arrays = Vec::with_capacity(schema.fields().len());
    for (at, column) in T::DEF.columns.iter().enumerate() {
        if schema.field_with_name(column.name).is_ok() {
            arrays.push(to_array(column.ty, &mut cells.iter().map(|row| &row[at]))?);
        }
    }
    RecordBatch::try_new(schema, arrays)
}

/// Every reader's view of a table without files.
pub(crate) fn empty_batch(def: &TableDef) -> RecordBatch {
    RecordBatch::new_empty(full_schema(def))
}

fn integers<N: TryFrom<i128>>(cells: &mut dyn Iterator<Item = &Value>) -> Result<Vec<Option<N>>, ArrowError> {
    cells
        .map(|value| match value {
            Value::Null => Ok(None),
            Value::Int(int) => N::try_from(*int)
                .map(Some)
                .map_err(|_| ArrowError::InvalidArgumentError(format!("{int} does not fit its column"))),
            other => Err(ArrowError::InvalidArgumentError(format!("{other:?} is no integer"))),
        })
        .collect()
}

fn to_array(ty: CellType, cells: &mut dyn Iterator<Item = &Value>) -> Result<ArrayRef, ArrowError> {
    Ok(match ty {
        CellType::Boolean => {
            let ints = integers::<i64>(cells)?;
            Arc::new(ints.into_iter().map(|int| int.map(|i| i != 0)).collect::<BooleanArray>())
        }
        CellType::Int32 => Arc::new(Int32Array::from(integers::<i32>(cells)?)),
        CellType::Int64 => Arc::new(Int64Array::from(integers::<i64>(cells)?)),
        CellType::Time => Arc::new(TimestampMicrosecondArray::from(integers::<i64>(cells)?).with_timezone("UTC")),
        CellType::Decimal => {
            let array = Decimal128Array::from(integers::<i128>(cells)?).with_precision_and_scale(38, 0)?;
            array.validate_decimal_precision(38)?;
            Arc::new(array)
        }
        CellType::Binary => {
            let mut builder = BinaryBuilder::new();
            for value in cells {
                match value {
                    Value::Bytes(bytes) => builder.append_value(bytes),
                    _ => builder.append_null(),
                }
            }
            Arc::new(builder.finish())
        }
        CellType::Text => {
            let mut builder = StringBuilder::new();
            for value in cells {
                match value {
                    Value::Text(text) => builder.append_value(text),
                    _ => builder.append_null(),
                }
            }
            Arc::new(builder.finish())
        }
        CellType::List(element) => to_list(*element, cells)?,
        CellType::Struct(fields) => to_struct(fields, cells)?,
    })
}

fn to_list(element: CellType, cells: &mut dyn Iterator<Item = &Value>) -> Result<ArrayRef, ArrowError> {
    let mut lengths = Vec::new();
    let mut inner: Vec<&Value> = Vec::new();
    for value in cells {
        let Value::List(values) = value else {
            return Err(ArrowError::InvalidArgumentError(format!("{value:?} is no list")));
        };
        lengths.push(values.len());
        inner.extend(values);
    }
    let values = to_array(element, &mut inner.into_iter())?;
    Ok(Arc::new(ListArray::try_new(list_field(element), OffsetBuffer::from_lengths(lengths), values, None)?))
}

fn to_struct(
    fields: &[(&'static str, CellType)],
    cells: &mut dyn Iterator<Item = &Value>,
) -> Result<ArrayRef, ArrowError> {
    let rows: Vec<&[Value]> = cells
        .map(|value| match value {
            Value::Struct(values) if values.len() == fields.len() => Ok(values.as_slice()),
            other => Err(ArrowError::InvalidArgumentError(format!("{other:?} is no struct"))),
        })
        .collect::<Result<_, _>>()?;
    let arrays = fields.iter().enumerate().map(|(at, (_, ty))| to_array(*ty, &mut rows.iter().map(|row| &row[at])));
    Ok(Arc::new(StructArray::try_new_with_length(
        struct_fields(fields),
        arrays.collect::<Result<_, _>>()?,
        None,
        rows.len(),
    )?))
}

/// The rows of a batch with the file's columns; `epoch` is what the file's partition says.
pub(crate) fn from_batch<T: Table>(batch: &RecordBatch, epoch: Option<&Value>) -> Result<Vec<T>, String> {
    let mut columns = Vec::with_capacity(T::DEF.columns.len());
    for column in T::DEF.columns {
        columns.push(match (batch.column_by_name(column.name), epoch) {
            (Some(array), _) => {
                let array = arrow::compute::cast(array, &data_type(column.ty)).map_err(|e| e.to_string())?;
                from_array(column.ty, &array)?
            }
            (None, Some(epoch)) if column.name == "epoch" => vec![epoch.clone(); batch.num_rows()],
            (None, _) => return Err(format!("column {} is missing", column.name)),
        });
    }
    let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
    (0..batch.num_rows())
        .map(|_| T::from_values(columns.iter_mut().map(|column| column.next().unwrap_or(Value::Null)).collect()))
        .collect()
}

fn from_array(ty: CellType, array: &ArrayRef) -> Result<Vec<Value>, String> {
    let rows = 0..array.len();
    let or_null = |row: usize, value: Value| if array.is_null(row) { Value::Null } else { value };
    Ok(match ty {
        CellType::Boolean => rows.map(|row| or_null(row, Value::Int(array.as_boolean().value(row).into()))).collect(),
        CellType::Int32 => primitive(rows, array.as_primitive::<Int32Type>().values(), or_null),
        CellType::Int64 => primitive(rows, array.as_primitive::<Int64Type>().values(), or_null),
        CellType::Time => primitive(rows, array.as_primitive::<TimestampMicrosecondType>().values(), or_null),
        CellType::Decimal => primitive(rows, array.as_primitive::<Decimal128Type>().values(), or_null),
        CellType::Binary => {
            rows.map(|row| or_null(row, Value::Bytes(array.as_binary::<i32>().value(row).to_vec()))).collect()
        }
        CellType::Text => {
            rows.map(|row| or_null(row, Value::Text(array.as_string::<i32>().value(row).to_owned()))).collect()
        }
        CellType::List(element) => {
            let list = array.as_list::<i32>();
            rows.map(|row| Ok(Value::List(from_array(*element, &list.value(row))?))).collect::<Result<_, String>>()?
        }
        CellType::Struct(fields) => {
            let columns: Vec<Vec<Value>> = fields
                .iter()
                .zip(array.as_struct().columns())
                .map(|((_, ty), column)| from_array(*ty, column))
                .collect::<Result<_, _>>()?;
            rows.map(|row| Value::Struct(columns.iter().map(|column| column[row].clone()).collect())).collect()
        }
    })
}

fn primitive<N: ArrowNativeType + Into<i128>>(
    rows: std::ops::Range<usize>,
    values: &ScalarBuffer<N>,
    or_null: impl Fn(usize, Value) -> Value,
) -> Vec<Value> {
    rows.map(|row| or_null(row, Value::Int(values[row].into()))).collect()
}

/// The partition values under which rows of a table lie, as Delta writes them.
pub(crate) fn partition_of<T: Table>(row: &T, attempt: Attempt) -> Vec<(&'static str, String)> {
    let values = row.to_values();
    let cell = |name: &str| {
        T::DEF.columns.iter().position(|column| column.name == name).and_then(|at| match values[at] {
            Value::Int(int) => i64::try_from(int).ok(),
            _ => None,
        })
    };
    match T::DEF.layout {
        Layout::Whole => Vec::new(),
        Layout::ByEpoch => {
            vec![("epoch", cell("epoch").unwrap_or_default().to_string()), ("attempt", attempt.to_string())]
        }
        Layout::ByDate => vec![("date", date(Time(cell("taken_at").unwrap_or_default())))],
    }
}

fn date(time: Time) -> String {
    let days: ArrayRef = Arc::new(Date32Array::from(vec![time.days()]));
    arrow::util::display::array_value_to_string(&days, 0).unwrap_or_default()
}
