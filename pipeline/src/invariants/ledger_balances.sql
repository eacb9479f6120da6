-- A balance is what it was before, plus credits, minus debits.
-- Grain: account that is neither an address nor outside. Inputs: balances, ledger. Parameters: $epoch, $attempt.
with movements as (
    select credit_account as account, amount from warehouse.ledger where epoch = $epoch and attempt = $attempt
    union all
    select debit_account, -amount from warehouse.ledger where epoch = $epoch and attempt = $attempt
    union all
    select balances.account, balances.amount from warehouse.balances
    join open.current on balances.epoch = current.epoch and balances.attempt = current.attempt
    where balances.epoch = $epoch - 1
    union all
    select account, -amount from warehouse.balances where epoch = $epoch and attempt = $attempt
)
select encode(account, 'hex') as account, exact_sum(amount) as difference
from movements
where substr(encode(account, 'hex'), 1, 2) not in ('00', '01')
group by account
having exact_sum(amount) <> 0
