import { ConfigurationError, type ConfigurationIssue } from '../../errors.ts'
import { describeValue } from '../../text/describe-value.ts'
import { didYouMean } from '../../text/did-you-mean.ts'

type Kind = 'address' | 'text' | 'whole' | 'schema'
type Fields = Readonly<Record<string, Kind>>

const OPERATIONS: Readonly<Record<string, Fields>> = {
  transaction: {
    target: 'address',
    sender: 'address',
    initiator: 'address',
    targetCodeHash: 'whole',
    entrypoint: 'text',
    parameter: 'schema',
    storage: 'schema',
  },
  origination: {
    sender: 'address',
    initiator: 'address',
    contract: 'address',
    codeHash: 'whole',
    typeHash: 'whole',
    storage: 'schema',
  },
}
const EVENT: Fields = { contract: 'address', codeHash: 'whole', tag: 'text', payload: 'schema' }
const BIG_MAP: Fields = { contract: 'address', path: 'text', bigMap: 'whole', key: 'schema', value: 'schema' }
const TOKEN_TRANSFER: Fields = { contract: 'address', tokenId: 'text', from: 'address', to: 'address' }

const ADDRESS = /^(tz[1-4]|KT1|sr1)[1-9A-HJ-NP-Za-km-z]{33}$/
const EXPECTED: Readonly<Record<Kind, string>> = {
  address: 'an address: tz1…, KT1… or sr1…, of 36 characters',
  text: 'a text',
  whole: 'a whole number',
  schema: 'a valibot schema that is not async',
}

/** @throws ConfigurationError that lists all that is wrong with the filters. */
export function checkFilters(options: Readonly<Record<string, unknown>>): void {
  const issues = [
    ...checkList(options, 'operations', (filter) => OPERATIONS[String(filter['kind'])]),
    ...checkList(options, 'events', () => EVENT),
    ...checkList(options, 'bigMaps', () => BIG_MAP),
    ...checkList(options, 'tokenTransfers', () => TOKEN_TRANSFER),
  ]
  const { blocks } = options
  if (blocks !== undefined && blocks !== 'header' && !isKind(blocks, 'schema')) {
    issues.push({
      path: 'tzkt.blocks',
      message: `expected 'header' or ${EXPECTED.schema}, got ${describeValue(blocks)}`,
    })
  }
  if (issues.length > 0) throw new ConfigurationError(issues)
}

function checkList(
  options: Readonly<Record<string, unknown>>,
  name: string,
  fieldsOf: (filter: Readonly<Record<string, unknown>>) => Fields | undefined,
): ConfigurationIssue[] {
  const list = options[name]
  const at = `tzkt.${name}`
  if (list === undefined) return []
  if (!Array.isArray(list)) {
    return [{ path: at, message: `expected a list of filters, got ${describeValue(list)}` }]
  }
  return list.flatMap((filter: unknown, index) => {
    const path = `${at}[${index}]`
    if (typeof filter !== 'object' || filter === null) {
      return [{ path, message: `expected a filter: an object, got ${describeValue(filter)}` }]
    }
    const given = filter as Readonly<Record<string, unknown>>
    const fields = fieldsOf(given)
    if (fields === undefined) {
      const message = `expected 'transaction' or 'origination', got ${describeValue(given['kind'])}`
      return [{ path: `${path}.kind`, message }]
    }
    return checkFilter(given, fields, path)
  })
}

function checkFilter(
  filter: Readonly<Record<string, unknown>>,
  fields: Fields,
  path: string,
): readonly ConfigurationIssue[] {
  const names = Object.keys(fields)
  return Object.entries(filter).flatMap(([name, value]) => {
    if (name === 'kind' || value === undefined) return []
    const kind = Object.hasOwn(fields, name) ? fields[name] : undefined
    const here = `${path}.${name}`
    if (kind === undefined) {
      const message = `there is no such field${didYouMean(name, names)}; there are ${names.join(', ')}`
      return [{ path: here, message }]
    }
    const values: readonly unknown[] = Array.isArray(value) && kind !== 'schema' ? value : [value]
    if (values.length === 0) return [{ path: here, message: 'is empty; left out it means any' }]
    const wrong = values.filter((one) => !isKind(one, kind))
    return wrong.map((one) => ({
      path: here,
      message: `expected ${EXPECTED[kind]}, got ${describeValue(one)}`,
    }))
  })
}

function isKind(value: unknown, kind: Kind): boolean {
  switch (kind) {
    case 'address':
      return typeof value === 'string' && ADDRESS.test(value)
    case 'text':
      return typeof value === 'string' && value !== ''
    case 'whole':
      return Number.isSafeInteger(value)
    case 'schema': {
      const schema = value as { readonly kind?: unknown; readonly async?: unknown } | null | undefined
      return schema?.kind === 'schema' && schema.async === false
    }
  }
}
