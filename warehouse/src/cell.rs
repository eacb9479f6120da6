//! What a column may hold, and how domain types become cells and back.
//! One description drives the Arrow schema, the canonical row encoding and the documentation.

use crate::types::{
    Account, Address, Amount, Attempt, BasisPoints, ContributionNumber, Epoch, KafkaOffset, Partition, Reason, Role,
    Time, Topic, Weight,
};
use alloy::primitives::B256;

/// A column's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellType {
    /// True or false.
    Boolean,
    /// 32-bit integer.
    Int32,
    /// 64-bit integer.
    Int64,
    /// UTC microseconds.
    Time,
    /// Decimal128(38,0).
    Decimal,
    /// Bytes.
    Binary,
    /// UTF-8.
    Text,
    /// A list of values that are never null.
    List(&'static CellType),
    /// Named fields that are never null, inside a list.
    Struct(&'static [(&'static str, CellType)]),
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// Boolean (0 or 1), integer, decimal or time.
    Int(i128),
    /// Bytes.
    Bytes(Vec<u8>),
    /// UTF-8.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// A struct's fields, in order.
    Struct(Vec<Value>),
}

/// A type that fits in a column.
pub trait Cell: Sized {
    /// The column's type.
    const TYPE: CellType;
    /// Whether the column may be null.
    const NULLABLE: bool = false;
    /// The cell.
    fn to_value(&self) -> Value;
    /// The domain value, or what is wrong with the cell.
    fn from_value(value: Value) -> Result<Self, String>;
}

fn wrong<T>(what: &str, value: &Value) -> Result<T, String> {
    Err(format!("{value:?} is not {what}"))
}

macro_rules! integer_cells {
    ($($ty:ty => $cell:ident),+ $(,)?) => {$(
        impl Cell for $ty {
            const TYPE: CellType = CellType::$cell;
            fn to_value(&self) -> Value {
                Value::Int(i128::from(*self))
            }
            fn from_value(value: Value) -> Result<Self, String> {
                match &value {
                    Value::Int(i) => <$ty>::try_from(*i).or_else(|_| wrong(stringify!($ty), &value)),
                    _ => wrong(stringify!($ty), &value),
                }
            }
        }
    )+};
}
integer_cells! { u8 => Int32, u16 => Int32, i32 => Int32, u32 => Int64, i64 => Int64, u64 => Int64 }

/// A cell of another type, by its conversion: `type => via, to, from`.
macro_rules! cells_via {
    ($($ty:ty => $via:ty as $cell:ident, |$to:ident| $to_expr:expr, |$from:ident| $from_expr:expr;)+) => {$(
        impl Cell for $ty {
            const TYPE: CellType = CellType::$cell;
            fn to_value(&self) -> Value {
                let $to = self;
                <$via as Cell>::to_value(&$to_expr)
            }
            fn from_value(value: Value) -> Result<Self, String> {
                let shown = format!("{value:?}");
                let $from = <$via as Cell>::from_value(value)?;
                $from_expr.ok_or_else(|| format!("{shown} is not a {}", stringify!($ty)))
            }
        }
    )+};
}

impl Cell for u128 {
    const TYPE: CellType = CellType::Decimal;
    fn to_value(&self) -> Value {
        Value::Int(i128::try_from(*self).unwrap_or(i128::MAX))
    }
    fn from_value(value: Value) -> Result<Self, String> {
        match &value {
            Value::Int(i) => Self::try_from(*i).or_else(|_| wrong("an unsigned decimal", &value)),
            _ => wrong("a decimal", &value),
        }
    }
}

cells_via! {
    Epoch => u64 as Int64, |x| x.0, |x| Some(Self(x));
    Attempt => u32 as Int32, |x| x.0, |x| Some(Self(x));
    Partition => u32 as Int32, |x| x.0, |x| Some(Self(x));
    KafkaOffset => i64 as Int64, |x| x.0, |x| Some(Self(x));
    ContributionNumber => u32 as Int32, |x| x.0, |x| Some(Self(x));
    BasisPoints => u16 as Int32, |x| x.points(), |x| Self::new(x);
    Time => i64 as Time, |x| x.0, |x| Some(Self(x));
    Amount => u128 as Decimal, |x| x.units(), |x| Self::new(x);
    Weight => u128 as Decimal, |x| x.0, |x| Some(Self(x));
    Topic => String as Text, |x| x.name().to_owned(), |x| Self::parse(&x);
    Reason => String as Text, |x| x.name().to_owned(), |x| Self::parse(&x);
    Role => String as Text, |x| x.name().to_owned(), |x| Self::parse(&x);
    B256 => Vec<u8> as Binary, |x| x.to_vec(), |x| Self::try_from(x.as_slice()).ok();
    Address => Vec<u8> as Binary, |x| x.to_vec(), |x| Self::try_from(x.as_slice()).ok();
    Account => Vec<u8> as Binary, |x| x.to_bytes().to_vec(), |x| Self::from_bytes(&x);
    bool => u8 as Boolean, |x| u8::from(*x), |x| match x { 0 => Some(false), 1 => Some(true), _ => None };
}

macro_rules! id_cells {
    ($($id:ident),+) => {$(
        impl Cell for crate::types::$id {
            const TYPE: CellType = CellType::Binary;
            fn to_value(&self) -> Value {
                self.0.to_value()
            }
            fn from_value(value: Value) -> Result<Self, String> {
                B256::from_value(value).map(Self)
            }
        }
    )+};
}
id_cells! {
    Hash, DatanetId, DatanetVersionId, ContributionId, ModelId, ModelVersionId, AdapterId, BatchId, ReceiptId,
    CampaignId, CorrectionId, RunId, SourceId
}

impl Cell for Vec<u8> {
    const TYPE: CellType = CellType::Binary;
    fn to_value(&self) -> Value {
        Value::Bytes(self.clone())
    }
    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::Bytes(bytes) => Ok(bytes),
            other => wrong("bytes", &other),
        }
    }
}

impl Cell for String {
    const TYPE: CellType = CellType::Text;
    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }
    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::Text(text) => Ok(text),
            other => wrong("text", &other),
        }
    }
}

impl<T: Cell> Cell for Option<T> {
    const TYPE: CellType = T::TYPE;
    const NULLABLE: bool = true;
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }
    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

/// An element of a list column.
pub trait Element: Cell {}

impl<T: Element> Cell for Vec<T> {
    const TYPE: CellType = CellType::List(&T::TYPE);
    fn to_value(&self) -> Value {
        Value::List(self.iter().map(T::to_value).collect())
    }
    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::List(values) => values.into_iter().map(T::from_value).collect(),
            other => wrong("a list", &other),
        }
    }
}

impl Element for B256 {}
impl Element for Address {}
impl Element for crate::types::DatanetVersionId {}
impl Element for crate::types::ContributionId {}

/// A struct that stands in a list column: its fields, in order.
#[macro_export]
macro_rules! element {
    ($(#[doc = $doc:literal])* pub struct $name:ident { $($(#[doc = $fdoc:literal])* pub $field:ident: $ty:ty,)+ }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[doc = $fdoc])* pub $field: $ty,)+
        }

        impl $crate::cell::Element for $name {}

        impl $crate::cell::Cell for $name {
            const TYPE: $crate::cell::CellType = $crate::cell::CellType::Struct(
                &[$((stringify!($field), <$ty as $crate::cell::Cell>::TYPE)),+]
            );
            fn to_value(&self) -> $crate::cell::Value {
                $crate::cell::Value::Struct(vec![$($crate::cell::Cell::to_value(&self.$field)),+])
            }
            fn from_value(value: $crate::cell::Value) -> Result<Self, String> {
                let $crate::cell::Value::Struct(fields) = value else {
                    return Err(format!("{value:?} is not a struct"));
                };
                let mut fields = fields.into_iter();
                Ok(Self {
                    $($field: $crate::cell::Cell::from_value(fields.next().unwrap_or($crate::cell::Value::Null))?,)+
                })
            }
        }
    };
}

/// A closed list of words that stands in a text column.
#[macro_export]
macro_rules! words {
    ($(#[doc = $doc:literal])* pub enum $name:ident { $($(#[doc = $vdoc:literal])* $variant:ident = $word:literal,)+ }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[doc = $vdoc])* $variant,)+
        }

        impl $name {
            /// The word in the table.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl $crate::cell::Cell for $name {
            const TYPE: $crate::cell::CellType = $crate::cell::CellType::Text;
            fn to_value(&self) -> $crate::cell::Value {
                $crate::cell::Value::Text(self.word().to_owned())
            }
            fn from_value(value: $crate::cell::Value) -> Result<Self, String> {
                match &value {
                    $($crate::cell::Value::Text(word) if word == $word => Ok(Self::$variant),)+
                    _ => Err(format!("{value:?} is not a {}", stringify!($name))),
                }
            }
        }
    };
}
