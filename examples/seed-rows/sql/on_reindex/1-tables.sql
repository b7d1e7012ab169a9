create table token (
  address text primary key,
  symbol text not null,
  decimals int not null
);

create table label (
  account text primary key,
  name text not null
);

create table transfer (
  level bigint not null,
  log_index int not null,
  token text not null references token,
  "from" text not null,
  "to" text not null,
  amount numeric(78) not null,
  primary key (level, log_index)
);
