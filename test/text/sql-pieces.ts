import fc from 'fast-check'

/** A statement as it stands in a script, and what is in it. */
export interface GeneratedStatement {
  readonly text: string
  /** The numbers of its parameters, in the order they stand there. */
  readonly parameters: readonly number[]
}

/** What separates statements badly when it is read wrongly. */
const content = fc
  .array(
    fc.constantFrom(
      ';',
      "'",
      '"',
      '$',
      '$$',
      '$1',
      '$a$',
      '\\',
      '--',
      '/*',
      '*/',
      '\n',
      '\r\n',
      '\t',
      '{}',
      ':x',
      'begin atomic',
      'END',
      'case',
      'é',
      '😀',
      '\u00A0',
      ' ',
      'x',
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''))

const doubled = (text: string, quote: string): string => text.replaceAll(quote, quote + quote)

const dollarQuote = fc
  .tuple(fc.constantFrom('$$', '$a$', '$été$', '$A_1$'), content)
  // The end of the content can make the tag with its beginning.
  .filter(([tag, text]) => `${text}${tag}`.indexOf(tag) === text.length)
  .map(([tag, text]) => `${tag}${text}${tag}`)

const literal = fc.oneof(
  content.map((text) => `'${doubled(text, "'")}'`),
  content.map((text) => `E'${doubled(text.replaceAll('\\', '\\\\'), "'")}'`),
  content.map((text) => `e'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`),
  fc
    .tuple(content, content)
    .map(
      ([one, two]) =>
        `E'${one.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}' -- ;'\n '${two.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
    ),
  content.map((text) => `'a;' \n '${doubled(text, "'")}'`),
  content.map((text) => `U&'${doubled(text.replaceAll('\\', '\\\\'), "'")}'`),
  content.map((text) => `N'${doubled(text, "'")}'`),
  dollarQuote,
  dollarQuote.filter((text) => !text.includes('$outer$')).map((text) => `$outer$ ; ${text} ; $outer$`),
  fc.constant("B'0101'"),
)

const name = fc.oneof(
  content.filter((text) => text !== '').map((text) => `"${doubled(text, '"')}"`),
  fc.constantFrom('a$b$c', 'été', 'a\u00A0b', 'begin', 'atomic', '"end"', 'x1$', '_a'),
)

const comment = fc.oneof(
  content.map((text) => `--${text.replaceAll(/[\r\n]/g, '')}\n`),
  content.map((text) => `/*${text.replaceAll(/\/\*|\*\/|[*/]/g, '')}*/`),
  content.map((text) => `/* ; /* ${text.replaceAll(/[*/]/g, '')} */ ' */`),
)

const gap = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(' ', '\n', '\t', '\r\n ') },
  comment.map((text) => ` ${text} `),
)

const select: fc.Arbitrary<GeneratedStatement> = fc
  .tuple(gap, literal, gap, name)
  .map(([one, value, two, as]) => ({ text: `select${one}${value}::text${two}as ${as}`, parameters: [] }))

const withParameters: fc.Arbitrary<GeneratedStatement> = fc
  .tuple(gap, literal, fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 3 }))
  .map(([space, value, parameters]) => ({
    text: `select ${value}::text,${space}${parameters.map((number) => `$${number}::text`).join(', ')}`,
    parameters,
  }))

const fixed: fc.Arbitrary<GeneratedStatement> = fc
  .constantFrom(
    `select case when 1 = 1 then 'a;' else 'b' end as x`,
    `select 1 as begin, 2 as end, 3 as "case;"`,
    `select 5 - -3 as "a--b", 2*/**/3`,
    `select '{"a": {}}'::jsonb ? 'a' as x`,
    `do $$ begin perform 1; if true then perform ';'; end if; end $$`,
    `do language plpgsql $body$ begin execute 'select 1; select $$;$$'; end; $body$`,
    `create or replace function pg_temp.f(a int) returns int language sql begin atomic select 1; select case when a > 1 then case a when 2 then 3 end else 4 end; end`,
    `CREATE OR REPLACE PROCEDURE pg_temp.p() BEGIN ATOMIC insert into pieces values (1); insert into pieces values (2); END`,
    `create or replace function pg_temp.begin_atomic(atomic int default 1) returns int language sql return atomic + 1`,
    `create or replace function pg_temp.g() returns text language plpgsql as $f$ declare x text; begin x := $$ ; $$; return x; end $f$`,
    `create or replace function pg_temp.h() returns text language sql as 'select '';''::text; select ''x'''`,
    `create or replace rule r as on insert to pieces where new.a > 9 do also (delete from pieces where a = 1; delete from pieces where a = 2)`,
    `create or replace function pg_temp.add(int, int) returns int language sql return $1 + $2`,
    `insert into pieces values (1), (2)`,
    `with x as (select 1 as a) select (select a from x), (array[1,2])[1] as y`,
    `select $$a;b$$ || $x$c;$$;d$x$ || U&"\\0061".y from (select 'z' as y) as a`,
    `comment on table pieces is 'a; -- b'`,
  )
  .map((text) => ({ text, parameters: [] }))

export const statement = fc.oneof(
  { weight: 4, arbitrary: select },
  { weight: 2, arbitrary: withParameters },
  { weight: 4, arbitrary: fixed },
)

/** A separator has one semicolon at least; what is empty, or comments alone, is no statement. */
const separator = fc
  .array(fc.oneof({ weight: 2, arbitrary: gap }, { weight: 1, arbitrary: fc.constant(';') }), {
    maxLength: 4,
  })
  .map((parts) => `;${parts.join('')}`)

export interface GeneratedScript {
  readonly lead: string
  readonly parts: readonly { readonly statement: GeneratedStatement; readonly after: string }[]
}

export const script: fc.Arbitrary<GeneratedScript> = fc.record({
  lead: fc.oneof(fc.constant(''), gap, fc.constant(';')),
  parts: fc.array(fc.record({ statement, after: separator }), { minLength: 1, maxLength: 6 }),
})

export const textOf = ({ lead, parts }: GeneratedScript): string =>
  lead + parts.map(({ statement, after }) => statement.text + after).join('')
