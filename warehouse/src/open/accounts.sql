-- Grain: (epoch, account with a positive cumulative). Inputs: warehouse.payouts, warehouse.labels.
-- Invariant: amount = earned + returned + corrected - withheld. Amounts in base units; *_text is the same as text.
select
    payouts.epoch,
    '0x' || encode(payouts.account, 'hex') as account,
    labels.name,
    payouts.earned,
    payouts.returned,
    payouts.corrected,
    payouts.withheld,
    payouts.amount,
    cast(payouts.amount as varchar) as amount_text,
    payouts.cumulative,
    cast(payouts.cumulative as varchar) as cumulative_text
from warehouse.payouts
join open.current on payouts.epoch = current.epoch and payouts.attempt = current.attempt
left join warehouse.labels on payouts.account = labels.account
