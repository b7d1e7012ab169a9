-- Whatever a trigger writes belongs to the level as well: a reorg takes it back.
create function move_amount() returns trigger language plpgsql as $$
begin
  insert into balance as b (token, account, amount)
  select new.token, account, sum(change)
  from (values (new."to", new.amount), (new."from", -new.amount)) as changes (account, change)
  group by account
  on conflict (token, account) do update set amount = b.amount + excluded.amount;
  return null;
end $$;

create trigger move_amount after insert on transfer for each row execute function move_amount();
