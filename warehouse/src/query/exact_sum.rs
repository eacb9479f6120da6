//! `exact_sum(decimal)`: a sum that is exact or an error. DataFusion's own SUM wraps silently.

use arrow::array::{ArrayRef, AsArray, Decimal256Array};
use arrow::datatypes::{DataType, Decimal128Type, Decimal256Type, Field, FieldRef, i256};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};
use std::sync::Arc;

const SUM: DataType = DataType::Decimal128(38, 0);
const STATE: DataType = DataType::Decimal256(76, 0);

/// The function.
pub(super) fn exact_sum() -> AggregateUDF {
    AggregateUDF::from(ExactSum { signature: Signature::exact(vec![SUM], Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ExactSum {
    signature: Signature,
}

impl AggregateUDFImpl for ExactSum {
    fn name(&self) -> &str {
        "exact_sum"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(SUM)
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Sum(i256::ZERO)))
    }

    fn state_fields(&self, _: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new("sum", STATE, false))])
    }

    /// The sum of no rows is 0, so that both sides of an equation can be compared.
    fn default_value(&self, _: &DataType) -> Result<ScalarValue> {
        Ok(ScalarValue::Decimal128(Some(0), 38, 0))
    }

    fn is_nullable(&self) -> bool {
        false
    }
}

/// 2^127 rows of the largest amount fit in 256 bits, so only the result can be out of bounds.
#[derive(Debug)]
struct Sum(i256);

impl Accumulator for Sum {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let values = values[0].as_primitive::<Decimal128Type>();
        self.0 = values.iter().flatten().fold(self.0, |sum, value| sum.wrapping_add(i256::from_i128(value)));
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let states: &Decimal256Array = states[0].as_primitive::<Decimal256Type>();
        self.0 = states.iter().flatten().fold(self.0, i256::wrapping_add);
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Decimal256(Some(self.0), 76, 0)])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let limit = 10i128.pow(38);
        match self.0.to_i128().filter(|sum| (1 - limit..limit).contains(sum)) {
            Some(sum) => Ok(ScalarValue::Decimal128(Some(sum), 38, 0)),
            None => Err(DataFusionError::Execution(format!("exact_sum: {} exceeds 38 digits", self.0))),
        }
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}
