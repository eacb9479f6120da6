-- Grain: one receipt, by its lane, number, index and output. Inputs: warehouse.charges, raw_batches, raw_receipts, open.current.
select
    '0x' || encode(charges.batch, 'hex') as batch,
    charges.epoch,
    '0x' || encode(charges.receipt, 'hex') as receipt,
    charges.index,
    charges.outcome,
    cast(charges.fee as varchar) as fee
from warehouse.charges
join open.current on charges.epoch = current.epoch and charges.attempt = current.attempt
join warehouse.raw_batches as batches
    on charges.topic = batches.topic and charges.partition = batches.partition and charges."offset" = batches."offset"
join warehouse.raw_receipts as receipts
    on charges.topic = receipts.topic and charges.partition = receipts.partition
    and charges."offset" = receipts."offset" and charges.index = receipts.index
where batches.operator = $operator and batches.lane = $lane and batches.number = $number
    and receipts.index = $index and receipts.output_commitment = $commitment
order by charges.outcome in ('unknown_operator', 'invalid_key', 'replayed', 'lane_fork', 'lane_gap'), charges.log_time, charges.partition, charges."offset"
limit 1
