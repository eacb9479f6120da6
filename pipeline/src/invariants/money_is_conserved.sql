-- What accounts were owed and held before, and what came in since, is what they are owed and hold now.
-- Grain: the epoch; over all epochs it says that everything that ever came in is owed or held.
-- Inputs: ledger, payouts, balances of this epoch and the one before. Parameters: $epoch, $attempt.
with now as (
    select cumulative as amount from warehouse.payouts where epoch = $epoch and attempt = $attempt
    union all
    select amount from warehouse.balances where epoch = $epoch and attempt = $attempt
),
before as (
    select payouts.cumulative as amount from warehouse.payouts
    join open.current on payouts.epoch = current.epoch and payouts.attempt = current.attempt
    where payouts.epoch = $epoch - 1
    union all
    select balances.amount from warehouse.balances
    join open.current on balances.epoch = current.epoch and balances.attempt = current.attempt
    where balances.epoch = $epoch - 1
    union all
    select amount from warehouse.ledger
    where epoch = $epoch and attempt = $attempt and substr(encode(debit_account, 'hex'), 1, 2) = '00'
),
sums as (
    select
        (select exact_sum(amount) from before) as before_and_came_in,
        (select exact_sum(amount) from now) as owed_and_held
)
select before_and_came_in, owed_and_held from sums where before_and_came_in <> owed_and_held
