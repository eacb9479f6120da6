-- Each account with a positive cumulative has one proof, and nobody else has.
-- Grain: account. Inputs: payouts, proofs. Parameters: $epoch, $attempt.
with paid as (
    select account from warehouse.payouts where epoch = $epoch and attempt = $attempt and cumulative > 0
),
proven as (
    select account from warehouse.proofs where epoch = $epoch and attempt = $attempt
)
select coalesce(encode(paid.account, 'hex'), encode(proven.account, 'hex')) as account
from paid
full outer join proven on paid.account = proven.account
where paid.account is null or proven.account is null
