-- Grain: receipt of one batch, at the place where the batch counts, if at any. Inputs: warehouse.charges, open.current.
select
    '0x' || encode(charges.batch, 'hex') as batch,
    charges.epoch,
    '0x' || encode(charges.receipt, 'hex') as receipt,
    charges.index,
    charges.outcome,
    cast(charges.fee as varchar) as fee
from warehouse.charges
join open.current on charges.epoch = current.epoch and charges.attempt = current.attempt
where charges.batch = $batch
qualify row_number() over (
    partition by charges.index
    order by charges.outcome in ('unknown_operator', 'invalid_key', 'replayed', 'lane_fork', 'lane_gap'), charges.log_time, charges.partition, charges."offset"
) = 1
order by charges.index
