create view holder as
select token, account, amount, rank() over (partition by token order by amount desc) as place
from balance
where amount > 0;

create function transfers_of(who text, most int default 100) returns setof transfer language sql stable as $$
  select * from transfer where who in ("from", "to") order by level desc, log_index desc limit most
$$;
