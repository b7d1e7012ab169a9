create materialized view top_holder as
select rank() over (order by amount desc) as place, account, amount
from balance
where amount > 0
order by amount desc
limit 100;

-- REFRESH … CONCURRENTLY needs one.
create unique index on top_holder (account);
