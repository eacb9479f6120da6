-- What is divided once per epoch is divided whole: by subject, and by role the sum over all receipts.
-- Grain: (role, subject), role. Inputs: divisions, allocations. Parameters: $epoch, $attempt.
with parts as (
    select role, subject, whole, amount from warehouse.divisions where epoch = $epoch and attempt = $attempt
),
by_subject as (
    select role, subject, max(whole) as whole, exact_sum(amount) as amount from parts group by role, subject
),
receipts as (
    select stakers, validators, shares from warehouse.allocations where epoch = $epoch and attempt = $attempt
),
shares as (
    select unnest(shares) as share from receipts
),
summed as (
    select 'stakers' as role, exact_sum(stakers) as amount from receipts
    union all
    select 'validators', exact_sum(validators) from receipts
    union all
    select 'contributors', exact_sum(share['amount']) from shares
),
by_role as (
    select role, exact_sum(amount) as amount from parts group by role
)
select role, encode(subject, 'hex') as subject, whole, amount from by_subject where whole <> amount
union all
select summed.role, null, summed.amount, by_role.amount
from summed
left join by_role on summed.role = by_role.role
where summed.amount <> coalesce(by_role.amount, 0)
