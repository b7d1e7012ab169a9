create table balance (
  account text primary key,
  amount numeric(78) not null
);
