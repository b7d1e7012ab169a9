-- No index but the key: each would make the catching up slower.
create table transfer (
  level bigint not null,
  log_index int not null,
  token text not null,
  "from" text not null,
  "to" text not null,
  amount numeric(78) not null,
  primary key (level, log_index)
);

create function tell_transfer() returns trigger language plpgsql as $$
begin
  perform pg_notify('transfer', json_build_object('level', new.level, 'to', new."to", 'amount', new.amount::text)::text);
  return null;
end $$;
