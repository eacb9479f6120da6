-- Grain: receipt occurrence. Inputs: warehouse.charges, raw_receipts, models, adapters, labels.
-- Invariant: a receipt is charged in full or refused with one outcome. Base units.
select
    charges.epoch,
    '0x' || encode(charges.receipt, 'hex') as receipt,
    charges.topic,
    charges.partition,
    charges."offset",
    charges.index,
    charges.log_time,
    raw.served_at,
    charges.clock,
    '0x' || encode(charges.payer, 'hex') as payer,
    payers.name as payer_name,
    '0x' || encode(charges.operator, 'hex') as operator,
    operators.name as operator_name,
    models.name as model,
    '0x' || encode(charges.model_version, 'hex') as model_version,
    adapters.name as adapter,
    raw.tokens_in,
    raw.tokens_out,
    charges.outcome,
    charges.fee,
    cast(charges.fee as varchar) as fee_text
from warehouse.charges
join open.current on charges.epoch = current.epoch and charges.attempt = current.attempt
join warehouse.raw_receipts as raw
    on charges.topic = raw.topic and charges.partition = raw.partition
    and charges."offset" = raw."offset" and charges.index = raw.index
left join warehouse.models
    on charges.epoch = models.epoch and charges.attempt = models.attempt and charges.model_version = models.version
left join warehouse.adapters
    on charges.epoch = adapters.epoch and charges.attempt = adapters.attempt and charges.adapter = adapters.adapter
left join warehouse.labels as payers on charges.payer = payers.account
left join warehouse.labels as operators on charges.operator = operators.account
