-- What was ever charged to a payer by an operator never exceeds the payer's highest Spend.
-- Grain: (payer, operator). Inputs: spends. Parameters: $epoch, $attempt.
select encode(payer, 'hex') as payer, encode(operator, 'hex') as operator, allowed, charged
from warehouse.spends
where epoch = $epoch and attempt = $attempt and charged > allowed
