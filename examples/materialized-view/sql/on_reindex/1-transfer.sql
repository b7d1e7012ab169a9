create table transfer (
  level bigint not null,
  log_index int not null,
  token text not null,
  "from" text not null,
  "to" text not null,
  amount numeric(78) not null,
  primary key (level, log_index)
);
