-- Rows that the indexing cannot do without: `transfer` refers to them.
insert into token (address, symbol, decimals) values
  ('0x5985e1752c7ca6cae56d5d1ef2d8412b28b0768e', 'BEAN', 18),
  ('0x00903b35b33dc80d9058e53bea6d93acca59e2db', 'CORN', 18),
  ('0x17b9639c99eebb8bf27dc599a4ae762accf05843', 'RYE', 6);
