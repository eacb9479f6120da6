-- Each account's payout is what the ledger credited to it, less what was withheld.
-- Grain: address account. Inputs: ledger, payouts. Parameters: $epoch, $attempt.
with movements as (
    select substr(encode(credit_account, 'hex'), 27) as account, amount from warehouse.ledger
    where epoch = $epoch and attempt = $attempt and substr(encode(credit_account, 'hex'), 1, 2) = '01'
    union all
    select substr(encode(debit_account, 'hex'), 27), -amount from warehouse.ledger
    where epoch = $epoch and attempt = $attempt and substr(encode(debit_account, 'hex'), 1, 2) = '01'
),
credited as (
    select account, exact_sum(amount) as amount from movements group by account
),
paid as (
    select encode(account, 'hex') as account, amount, earned + returned + corrected - withheld as parts
    from warehouse.payouts where epoch = $epoch and attempt = $attempt
)
select coalesce(paid.account, credited.account) as account, paid.amount, paid.parts, credited.amount as ledger
from paid
full outer join credited on paid.account = credited.account
where coalesce(paid.amount, 0) <> coalesce(credited.amount, 0) or coalesce(paid.amount, 0) <> coalesce(paid.parts, 0)
