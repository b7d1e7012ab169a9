create materialized view balance as
select token, account, sum(change) as amount
from (
  select token, "to" as account, amount as change from transfer
  union all
  select token, "from", -amount from transfer
) changes
group by token, account;

-- REFRESH … CONCURRENTLY needs one.
create unique index on balance (token, account);
