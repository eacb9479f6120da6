-- An account's cumulative is what it was before plus this epoch's amount, and no account ever disappears.
-- Grain: account. Inputs: payouts of this epoch and the one before. Parameters: $epoch, $attempt.
with now as (
    select account, amount, cumulative from warehouse.payouts where epoch = $epoch and attempt = $attempt
),
before as (
    select payouts.account, payouts.cumulative from warehouse.payouts
    join open.current on payouts.epoch = current.epoch and payouts.attempt = current.attempt
    where payouts.epoch = $epoch - 1
)
select coalesce(encode(now.account, 'hex'), encode(before.account, 'hex')) as account, before.cumulative as was, now.amount, now.cumulative as is
from now
full outer join before on now.account = before.account
where now.account is null or now.cumulative <> coalesce(before.cumulative, 0) + now.amount
