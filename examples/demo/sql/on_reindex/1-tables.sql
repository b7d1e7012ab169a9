create table transfer (
  level bigint not null,
  log_index int not null,
  "from" text not null,
  "to" text not null,
  amount numeric(78) not null,
  primary key (level, log_index)
);

create table balance (
  account text primary key,
  amount numeric(78) not null
);

-- Written by a hook, not by levels: `immuneTables` of the config names it, so that no reorg takes its rows back.
create table stats (
  id int generated always as identity primary key,
  at timestamptz not null default now(),
  major boolean not null,
  levels int not null,
  transfers bigint not null,
  volume numeric not null
);
