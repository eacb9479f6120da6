-- Grain: an amount that was posted to an account. Inputs: warehouse.allocations, divisions, ledger and the registry.
-- Invariant: for an address, the amounts of an epoch add up to its payout; withheld ones are negative. Base units.
-- Receipt is null where a role is divided once per epoch.
with receipts as (
    select a.*, models.owner as model_owner_account, bases.owner as base_owner_account,
        adapters.owner as adapter_owner_account, splits.account as platform_account
    from warehouse.allocations as a
    join open.current on a.epoch = current.epoch and a.attempt = current.attempt
    join warehouse.models
        on a.epoch = models.epoch and a.attempt = models.attempt and a.model_version = models.version
    left join warehouse.models as bases
        on models.epoch = bases.epoch and models.attempt = bases.attempt and models.base_version = bases.version
    left join warehouse.adapters
        on a.epoch = adapters.epoch and a.attempt = adapters.attempt and a.adapter = adapters.adapter
    join warehouse.splits
        on a.epoch = splits.epoch and a.attempt = splits.attempt and splits.role = 'platform'
),
by_role as (
    select epoch, receipt, 'platform' as role, 'address' as account_kind, platform_account as account,
        arrow_cast(null, 'Binary') as datanet, model_version, adapter, platform as amount from receipts
    union all
    select epoch, receipt, 'model_owner', 'address', model_owner_account, null, model_version, adapter, model_owner from receipts
    union all
    select epoch, receipt, 'base_model_owner', 'address', base_owner_account, null, model_version, adapter, base_model_owner from receipts
    union all
    select epoch, receipt, 'adapter_owner', 'address', adapter_owner_account, null, model_version, adapter, adapter_owner from receipts
    union all
    select epoch, receipt, 'operator', 'address', operator, null, model_version, adapter, operator_fee from receipts
    union all
    select epoch, receipt, 'reserve', 'reserve', null, null, model_version, adapter, reserve from receipts
),
by_datanet as (
    select epoch, attempt, receipt, model_version, adapter, unnest(datanets) as part from receipts
),
by_owner as (
    select by_datanet.epoch, receipt, 'datanet_owner' as role, 'address' as account_kind, datanets.owner as account,
        datanets.datanet, model_version, adapter, part['owner_amount'] as amount
    from by_datanet
    join warehouse.datanets
        on by_datanet.epoch = datanets.epoch and by_datanet.attempt = datanets.attempt
        and by_datanet.part['datanet'] = datanets.datanet
    union all
    select epoch, receipt, 'contributors', 'unattributed', null, part['datanet'], model_version, adapter, part['unattributed']
    from by_datanet
),
divided as (
    select divisions.epoch, divisions.role, divisions.account, divisions.amount, divisions.source, divisions.subject
    from warehouse.divisions
    join open.current on divisions.epoch = current.epoch and divisions.attempt = current.attempt
),
moved as (
    select l.* from warehouse.ledger as l
    join open.current on l.epoch = current.epoch and l.attempt = current.attempt
    where l.reason in ('refund', 'unstake', 'correction', 'assignment', 'withholding')
),
posted as (
    select epoch, receipt, role, account_kind, account, arrow_cast(null, 'Binary') as contribution, datanet, model_version, adapter,
        amount, 'earned' as kind, 'inference' as reason
    from by_role
    union all
    select epoch, receipt, role, account_kind, account, null, datanet, model_version, adapter, amount, 'earned', 'inference'
    from by_owner
    union all
    select epoch, null, role,
        case when substr(encode(account, 'hex'), 1, 2) = '01' then 'address' else 'reserve' end,
        case when substr(encode(account, 'hex'), 1, 2) = '01' then decode(substr(encode(account, 'hex'), 27), 'hex') end,
        case when role = 'stakers' then null else subject end,
        case when role = 'stakers' then null else source end,
        null, null, amount, 'earned', 'inference'
    from divided
    union all
    select epoch, null, null, 'address', decode(substr(encode(credit_account, 'hex'), 27), 'hex'), null, null, null, null,
        amount, case when reason in ('refund', 'unstake') then 'returned' else 'corrected' end, reason
    from moved where reason <> 'withholding'
    union all
    select epoch, null, null, 'address', decode(substr(encode(debit_account, 'hex'), 27), 'hex'), null, null, null, null,
        -amount, 'withheld', reason
    from moved where reason = 'withholding'
)
select
    posted.epoch,
    '0x' || encode(posted.receipt, 'hex') as receipt,
    posted.role,
    posted.account_kind,
    '0x' || encode(posted.account, 'hex') as account,
    labels.name as account_name,
    '0x' || encode(posted.contribution, 'hex') as contribution,
    '0x' || encode(posted.datanet, 'hex') as datanet,
    '0x' || encode(posted.model_version, 'hex') as model,
    '0x' || encode(posted.adapter, 'hex') as adapter,
    posted.amount,
    cast(posted.amount as varchar) as amount_text,
    posted.kind,
    posted.reason
from posted
left join warehouse.labels on posted.account = labels.account
where posted.amount <> 0
