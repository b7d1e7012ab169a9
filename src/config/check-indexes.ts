import type { ConfigurationIssue } from '../errors.ts'
import {
  at,
  ConfigReader,
  isBoolean,
  isCallback,
  isRunnable,
  isFields,
  isText,
  isWhole,
  type Fields,
} from './config-reader.ts'
import type { Datasource } from '../datasources/datasource.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import { describeValue } from '../text/describe-value.ts'

const INDEX_KEYS = ['datasource', 'firstLevel', 'lastLevel', 'finality', 'batch', 'cache', 'handler']

/** What is wrong with one index, for one that is added at run time. */
export function checkIndexAlone(name: string, index: unknown): readonly ConfigurationIssue[] {
  const reader = new ConfigReader()
  checkIndexes(reader, { indexes: { [name]: index } })
  return reader.issues
}

export function checkIndexes(reader: ConfigReader, config: Fields): void {
  for (const [name, index] of reader.parts(config, 'indexes', 'index')) {
    const path = at('indexes', name)
    if (isFields(index)) checkIndex(reader, index, path)
    else reader.wrong(path, `expected { datasource, handler }, got ${describeValue(index)}`)
  }
}

function checkIndex(reader: ConfigReader, index: Fields, path: string): void {
  reader.unknownKeys(index, INDEX_KEYS, path)
  checkDatasource(reader, index['datasource'], at(path, 'datasource'))
  if (!isRunnable(index['handler'])) {
    reader.wrong(at(path, 'handler'), `expected a function (ctx, block) => …, ${got(index['handler'])}`)
  }

  reader.optional(index, 'batch', path, 'true or false', isBoolean)
  const cache = reader.optional(index, 'cache', path, 'true or false', isBoolean)
  const { datasource } = index
  if (
    cache === true &&
    isFields(datasource) &&
    !(isCallback(datasource['chain']) && isFields(datasource['selection']))
  ) {
    reader.wrong(
      at(path, 'cache'),
      'the datasource tells no chain() or no selection: what is kept could not be told from what others select',
    )
  }
  if (cache === true && isFields(datasource) && typeof datasource['uncacheable'] === 'string') {
    reader.wrong(at(path, 'cache'), `blocks of this datasource cannot be kept: ${datasource['uncacheable']}`)
  }
  const level = 'a level: a whole number of 0 or more'
  const first = reader.optional(index, 'firstLevel', path, level, isWhole(0))
  const last = reader.optional(index, 'lastLevel', path, level, isWhole(0))
  reader.optional(index, 'finality', path, 'a whole number of levels, 0 or more', isWhole(0))
  if (last !== undefined && first !== undefined && last < first)
    reader.wrong(
      at(path, 'lastLevel'),
      `${last} is below firstLevel, ${first}: the index would have no level`,
    )
}

function checkDatasource(reader: ConfigReader, datasource: unknown, path: string): void {
  const expected = 'expected a datasource, as evm({ … }) of "pawl/evm" makes one'
  if (!isFields(datasource)) return reader.wrong(path, `${expected}; ${got(datasource)}`)

  const missing = ['head', 'blocks']
    .filter((method) => !isCallback(datasource[method]))
    .map((name) => `${name}()`)
  if (!isText(datasource['description'])) missing.push('description')
  if (missing.length > 0) reader.wrong(path, `${expected}; this one lacks ${missing.join(', ')}`)
  checkSlips(reader, datasource, path)
}

const DATASOURCE_METHODS = [
  'chain',
  'head',
  'blocks',
  'refs',
  'finalized',
  'changed',
  'caughtUp',
  'bytesOf',
  'close',
] as const satisfies readonly (keyof Datasource)[]

/** A datasource may have what it likes beside these, so only a method that is nearly one of them, which it lacks, is a slip. */
function checkSlips(reader: ConfigReader, datasource: Fields, path: string): void {
  const lacking = DATASOURCE_METHODS.filter((name) => datasource[name] === undefined)
  for (const [name, value] of Object.entries(datasource)) {
    if (!isCallback(value) || (DATASOURCE_METHODS as readonly string[]).includes(name)) continue
    const guess = didYouMean(name, lacking)
    if (guess !== '') reader.wrong(at(path, name), `a datasource has no such method${guess}`)
  }
}

const got = (value: unknown): string =>
  value === undefined ? 'but there is none' : `got ${describeValue(value)}`
