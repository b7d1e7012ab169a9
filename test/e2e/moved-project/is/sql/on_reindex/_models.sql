-- models.py
create table transfer (id bigint, level bigint not null, sender text not null, receiver text not null, amount numeric not null);
alter table transfer add primary key (id);
create table holder (address text primary key, balance numeric not null);
create table label (address text primary key, name text not null);
-- Kept over a wipe, so it may be there.
create table if not exists quote (pair text, at timestamptz, price numeric not null, primary key (pair, at));
