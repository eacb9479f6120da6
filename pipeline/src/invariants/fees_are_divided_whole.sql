-- Each charged receipt has one allocation, whose roles add up to its fee.
-- Grain: receipt. Inputs: charges, allocations. Parameters: $epoch, $attempt.
with charged as (
    select receipt, fee from warehouse.charges where epoch = $epoch and attempt = $attempt and outcome = 'charged'
),
divided as (
    select receipt, platform + datanet_owner + model_owner + base_model_owner + adapter_owner + operator_fee + stakers
        + validators + contributors + reserve as amount
    from warehouse.allocations where epoch = $epoch and attempt = $attempt
)
select coalesce(encode(charged.receipt, 'hex'), encode(divided.receipt, 'hex')) as receipt, charged.fee, divided.amount
from charged
full outer join divided on charged.receipt = divided.receipt
where charged.receipt is null or divided.receipt is null or charged.fee <> divided.amount
