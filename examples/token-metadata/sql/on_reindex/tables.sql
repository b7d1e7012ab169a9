create table token (
  address text primary key,
  first_level bigint not null
);

-- Immune: it is still there after a wipe.
create table if not exists token_metadata (
  address text primary key,
  symbol text not null,
  decimals int not null
);

create view named_token as
select * from token left join token_metadata using (address);
