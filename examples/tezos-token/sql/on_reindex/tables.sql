create table holder (
  address text primary key,
  balance numeric not null,
  transfers integer not null default 1,
  last_seen bigint not null
);

create table stats (
  major boolean primary key,
  holders bigint not null,
  transfers bigint not null
);
