/** A column's type, and SQL of values of it. Two may be equal and not the same: 1.5 and 1.50. */
export interface ColumnType {
  readonly name: string
  readonly values: readonly string[]
}

const type = (name: string, ...values: string[]): ColumnType => ({
  name,
  values: values.map((value) =>
    value.startsWith('=') ? value.slice(1) : `'${value.replaceAll("'", "''")}'`,
  ),
})

const sixteen = (value: (n: number) => string): string[] => Array.from({ length: 16 }, (_, n) => value(n))

export const TYPES_SQL = `
create type mood as enum ('a', 'b', 'c', 'd');
create type couple as (a int, "b ""c""" text);
create domain positive as int check (value >= 0);
create domain title as varchar(20) collate "C" check (value <> 'forbidden');
create domain short_title as title check (length(value) < 15);`

/** Those that can be in a primary key. */
export const KEY_TYPES: readonly ColumnType[] = [
  type('int', ...sixteen((n) => `=${n}`)),
  type('bigint', ...sixteen((n) => `=${n} * 90071992547409930::bigint`)),
  type('text', ...sixteen((n) => `ключ '${n}' \\ "$pawl$"`)),
  type('text collate "C"', ...sixteen((n) => `k${n}`)),
  type('numeric', '1', '1.0', '1.00', '2', 'NaN', '-0.5', '9'.repeat(78), '1e-30'),
  type('float8', '0', '-0', 'NaN', 'Infinity', '5e-324', '1.5', '2.5'),
  type('uuid', ...sixteen((n) => `00000000-0000-0000-0000-00000000000${n.toString(16)}`)),
  type('mood', 'a', 'b', 'c', 'd'),
  type('positive', ...sixteen((n) => `=${n}`)),
  type('short_title', ...sixteen((n) => `t ${n}`)),
  type('bytea', ...sixteen((n) => `\\x00${n.toString(16)}0`)),
  type('timestamptz', 'infinity', '-infinity', '2020-01-01 00:00:00.000001+00', '4713-01-01 00:00:00 BC'),
  type('int4range', 'empty', '[1,5)', '(,)', '[2,2]', '[3,)'),
  type('int[]', '{}', '{1}', '{1,NULL}', '[0:1]={1,2}', '{{1},{2}}'),
  type('couple', '(1,x)', '(1,)', '(2,"y ""z""")', '(,)'),
  type('inet', '::1', '10.0.0.0/8', '10.0.0.1'),
]

export const TYPES: readonly ColumnType[] = [
  ...KEY_TYPES,
  type('numeric(78)', '7'.repeat(78), '0', '-1'),
  type('numeric(80, 2)', '7'.repeat(78), '0.10'),
  type('float4', 'NaN', '-0', '1e-45'),
  type('bool', 't', 'f'),
  type('varchar(12)', 'ü ', 'a'),
  type('char(5)', 'ab', ''),
  type('"char"', 'x'),
  type('name', 'n'),
  type('date', 'infinity', '2024-02-29'),
  type('timetz', '24:00:00+15:59'),
  type('timestamp', '2020-01-01', '-infinity'),
  type('interval', '1 mon -1 day 00:00:00.000001', '30 days', '1 mon'),
  type('json', '{"b":1,  "a":2, "a":3}', 'null'),
  type('jsonb', 'null', '{"a": 1.10, "b": [null]}', '"\u00fc"'),
  type('text[]', '{"a,b",NULL,"NULL",""}', '{}'),
  type('mood[]', '{a,NULL}', '{}'),
  type('couple[]', '{"(1,x)",NULL}'),
  type('positive[]', '{1,2}'),
  type('numeric[]', '{1.50,NaN}'),
  type('int4multirange', '{[1,3),[5,7)}', '{}'),
  type('tstzrange', '[2020-01-01,infinity]', 'empty'),
  type('cidr', '10.0.0.0/8'),
  type('macaddr', '08:00:2b:01:02:03'),
  type('bit(5)', '10101'),
  type('bit varying', '1', ''),
  type('tsvector', `'a':1A 'b':2`),
  type('point', '(1,-0)'),
  type('polygon', '((0,0),(1,1),(1,0))'),
  type('money', '1.50'),
  type('xid8', '18446744073709551615'),
  type('pg_lsn', '0/FF'),
  type('regclass', 'pg_class'),
]
