insert into stats
select $1::boolean, count(*), coalesce(sum(transfers) / 2, 0)
from holder
where not $1 or balance > 500
on conflict (major) do update set holders = excluded.holders, transfers = excluded.transfers;
