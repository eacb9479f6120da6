-- Grain: (epoch, datanet). Inputs: warehouse.datanets, contributions, allocations, labels.
-- Invariant: paid + unattributed is what the contributors' pools of the epoch gave to this datanet. Base units.
with shares as (
    select epoch, attempt, unnest(shares) as share from warehouse.allocations
),
paid as (
    select shares.epoch, shares.attempt, contributions.datanet, exact_sum(shares.share['amount']) as amount
    from shares
    join warehouse.contributions
        on shares.epoch = contributions.epoch and shares.attempt = contributions.attempt
        and shares.share['number'] = contributions.number
    group by shares.epoch, shares.attempt, contributions.datanet
),
rests as (
    select epoch, attempt, unnest(datanets) as rest from warehouse.allocations
),
unattributed as (
    select epoch, attempt, rest['datanet'] as datanet, exact_sum(rest['unattributed']) as amount
    from rests
    group by epoch, attempt, rest['datanet']
),
members as (
    select
        epoch,
        attempt,
        datanet,
        count(*) as contributions,
        sum(case when state = 'accepted' then 1 else 0 end) as accepted,
        sum(items) as items
    from warehouse.contributions
    group by epoch, attempt, datanet
)
select
    datanets.epoch,
    '0x' || encode(datanets.datanet, 'hex') as datanet,
    datanets.name,
    '0x' || encode(datanets.owner, 'hex') as owner,
    labels.name as owner_name,
    datanets.licence,
    coalesce(members.contributions, 0) as contributions,
    coalesce(members.accepted, 0) as accepted,
    coalesce(members.items, 0) as items,
    coalesce(paid.amount, 0) as paid,
    cast(coalesce(paid.amount, 0) as varchar) as paid_text,
    coalesce(unattributed.amount, 0) as unattributed,
    cast(coalesce(unattributed.amount, 0) as varchar) as unattributed_text
from warehouse.datanets
join open.current on datanets.epoch = current.epoch and datanets.attempt = current.attempt
left join members
    on datanets.epoch = members.epoch and datanets.attempt = members.attempt and datanets.datanet = members.datanet
left join paid
    on datanets.epoch = paid.epoch and datanets.attempt = paid.attempt and datanets.datanet = paid.datanet
left join unattributed
    on datanets.epoch = unattributed.epoch and datanets.attempt = unattributed.attempt
    and datanets.datanet = unattributed.datanet
left join warehouse.labels on datanets.owner = labels.account
