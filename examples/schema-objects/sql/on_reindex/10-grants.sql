-- A role belongs to the server and not to the schema: it is there still after a wipe, and its grants are not.
do $$
begin
  if not exists (select from pg_roles where rolname = 'pawl_example_reader') then
    create role pawl_example_reader nologin;
  end if;
end $$;

grant select on holder, transfer to pawl_example_reader;
grant execute on function transfers_of to pawl_example_reader;
