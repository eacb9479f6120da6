-- Grain: batch, at the place where it counted, else its first. Inputs: warehouse.raw_batches, warehouse.charges, open.current.
with charged as (
    select
        charges.topic,
        charges.partition,
        charges."offset",
        bool_and(charges.outcome not in ('unknown_operator', 'invalid_key', 'replayed', 'lane_fork', 'lane_gap')) as counted
    from warehouse.charges
    join open.current on charges.epoch = current.epoch and charges.attempt = current.attempt
    where charges.batch = $batch
    group by charges.topic, charges.partition, charges."offset"
)
select
    batches.partition,
    batches."offset",
    cast(batches.taken_at as bigint) as taken_at_us,
    '0x' || encode(batches.operator, 'hex') as operator,
    batches.lane,
    batches.number,
    coalesce(charged.counted, false) as counted
from warehouse.raw_batches as batches
left join charged
    on batches.topic = charged.topic and batches.partition = charged.partition and batches."offset" = charged."offset"
where batches.batch = $batch
order by counted desc, batches.taken_at, batches.partition, batches."offset"
limit 1
