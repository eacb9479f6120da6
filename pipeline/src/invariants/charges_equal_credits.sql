-- What payers were charged equals what accounts were credited for inference.
-- Grain: the epoch. Inputs: charges, ledger. Parameters: $epoch, $attempt.
with charged as (
    select exact_sum(fee) as amount from warehouse.charges
    where epoch = $epoch and attempt = $attempt and outcome = 'charged'
),
credited as (
    select exact_sum(amount) as amount from warehouse.ledger
    where epoch = $epoch and attempt = $attempt and reason = 'inference'
)
select charged.amount as charged, credited.amount as credited
from charged cross join credited
where charged.amount <> credited.amount
