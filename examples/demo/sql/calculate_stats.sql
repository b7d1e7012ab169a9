-- $1: major, over all there is; else over the last $2 levels.
insert into stats (major, levels, transfers, volume)
select $1::boolean, $2::int, count(*), coalesce(sum(amount), 0)
from transfer
where $1::boolean or level > (select max(level) - $2::int from transfer)
returning transfers, volume;
