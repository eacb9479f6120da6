-- In each receipt the contributors' pool is its shares plus what went unattributed, and the datanet owners' role its parts.
-- Grain: receipt. Inputs: allocations. Parameters: $epoch, $attempt.
with receipts as (
    select receipt, contributors, datanet_owner, shares, datanets
    from warehouse.allocations where epoch = $epoch and attempt = $attempt
),
shares as (
    select receipt, unnest(shares) as part from receipts
),
datanets as (
    select receipt, unnest(datanets) as part from receipts
),
parts as (
    select receipt, -contributors as pool, -datanet_owner as owners from receipts
    union all
    select receipt, part['amount'], 0 from shares
    union all
    select receipt, part['unattributed'], part['owner_amount'] from datanets
)
select encode(receipt, 'hex') as receipt, exact_sum(pool) as pool_difference, exact_sum(owners) as owners_difference
from parts
group by receipt
having exact_sum(pool) <> 0 or exact_sum(owners) <> 0
