-- No balance is below zero, and no entry moves nothing or less.
-- Grain: account or entry. Inputs: balances, ledger. Parameters: $epoch, $attempt.
select 'balance' as what, encode(account, 'hex') as account, amount from warehouse.balances
where epoch = $epoch and attempt = $attempt and amount <= 0
union all
select 'entry', encode(debit_account, 'hex'), amount from warehouse.ledger
where epoch = $epoch and attempt = $attempt and amount <= 0
