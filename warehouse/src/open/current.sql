-- Grain: an epoch that is settled. Inputs: warehouse.epochs.
-- Invariant: the highest settled attempt that is neither cancelled nor revoked, so nobody sees half an epoch.
with settled as (
    select epoch, attempt from warehouse.epochs where state = 'settled'
),
dead as (
    select epoch, attempt from warehouse.epochs where state in ('cancelled', 'revoked')
)
select settled.epoch, max(settled.attempt) as attempt
from settled
left anti join dead on settled.epoch = dead.epoch and settled.attempt = dead.attempt
group by settled.epoch
