-- Grain: batch, its first place. Inputs: warehouse.raw_batches.
select
    partition,
    "offset",
    cast(taken_at as bigint) as taken_at,
    '0x' || encode(operator, 'hex') as operator,
    lane,
    number
from warehouse.raw_batches
where batch = $batch
order by taken_at, partition, "offset"
limit 1
