import type { Row } from './tezos-rows.ts'

/** What the API answers: rows, or that it does not take the request. */
export type Answer = { readonly rows: readonly unknown[] } | { readonly refused: string }

const MOST = 10_000
const OF_PAGES = new Set(['select', 'sort', 'sort.asc', 'sort.desc', 'offset.cr', 'limit', 'apikey'])

/** The part of TzKT's query language that is used: `field=`, `.in`, `.ge`, `.le`, sort, offset.cr, limit, select. */
export function queryRows(rows: readonly Row[], query: URLSearchParams): Answer {
  const limit = Number(query.get('limit') ?? 100)
  if (!Number.isInteger(limit) || limit < 0 || limit > MOST) {
    return { refused: `The field limit must be between 0 and ${MOST}.` }
  }
  let found = [...rows]
  for (const [name, value] of query) {
    if (OF_PAGES.has(name)) continue
    const mode = /\.(in|ge|le)$/.exec(name)?.[1]
    const path = mode === undefined ? name : name.slice(0, -3)
    found = found.filter((row) => compare(valueAt(row, path), mode, value))
  }
  const descending = query.get('sort.desc')
  const by = descending ?? query.get('sort.asc') ?? query.get('sort') ?? 'id'
  const sign = descending === null ? 1 : -1
  found.sort(
    (one, other) => sign * (number(one[by]) - number(other[by]) || number(one['id']) - number(other['id'])),
  )
  const cursor = query.get('offset.cr')
  if (cursor !== null) found = found.filter((row) => sign * (number(row[by]) - Number(cursor)) > 0)
  return { rows: select(found.slice(0, limit), query.get('select')) }
}

function compare(value: unknown, mode: string | undefined, wanted: string): boolean {
  switch (mode) {
    case 'in':
      return wanted.split(',').includes(String(value))
    case 'ge':
      return number(value) >= Number(wanted)
    case 'le':
      return number(value) <= Number(wanted)
    default:
      return String(value) === wanted
  }
}

/** Accounts are compared by address, and parameters by entrypoint. */
function valueAt(row: Row, path: string): unknown {
  switch (path) {
    case 'entrypoint':
      return (row['parameter'] as Row | undefined)?.['entrypoint']
    case 'token.contract':
      return ((row['token'] as Row)['contract'] as Row)['address']
    case 'token.tokenId':
      return (row['token'] as Row)['tokenId']
    case 'codeHash':
    case 'typeHash':
      return row[path] ?? (row['originatedContract'] as Row | undefined)?.[path]
    default: {
      const value = row[path]
      return typeof value === 'object' && value !== null ? (value as Row)['address'] : value
    }
  }
}

function select(rows: readonly Row[], fields: string | null): readonly unknown[] {
  if (fields === null) return rows
  const names = fields.split(',')
  if (names.length === 1) return rows.map((row) => row[fields] ?? null)
  return rows.map((row) => Object.fromEntries(names.map((name) => [name, row[name] ?? null])))
}

const number = (value: unknown): number => (typeof value === 'number' ? value : 0)
