import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { ConfigurationError, DatasourceError } from '../../errors.ts'
import type { BlockRef } from '../datasource.ts'

/** Turns what a line holds into a block; throws where it cannot. */
export type ReadRecord<Block> = (record: unknown) => Block

const NEWLINE = 0x0a
// Told by the content, not by the name: https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1
const GZIP_MAGIC = [0x1f, 0x8b] as const

/**
 * Reads all blocks of an NDJSON file, plain or gzipped, in the order of its lines.
 * @throws ConfigurationError where there is no such file, DatasourceError (not retriable) naming file and line.
 */
export async function readArrivals<Block extends BlockRef>(
  file: string,
  readRecord: ReadRecord<Block>,
): Promise<readonly Block[]> {
  const content = await readContent(file)
  const arrivals: Block[] = []
  const byHash = new Map<string, Block>()
  let line = 0
  for (let start = 0; start < content.length;) {
    const newline = content.indexOf(NEWLINE, start)
    const end = newline === -1 ? content.length : newline
    line += 1
    const text = content.toString('utf8', start, end).trim()
    start = end + 1
    if (text === '') continue
    const block = readLine(text, readRecord, `${file}:${line}`)
    checkAgainst(byHash, block, `${file}:${line}`)
    byHash.set(block.hash, block)
    arrivals.push(block)
  }
  if (arrivals.length === 0) throw broken(`${file} holds no block: one JSON object a line is expected`)
  return arrivals
}

export function missingFile(file: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError([{ path: 'replay.file', message: `cannot read ${file}` }], {
    cause,
    hint: 'Relative paths are seen from the working directory; a URL made with import.meta.url is not.',
  })
}

async function readContent(file: string): Promise<Buffer> {
  const content = await readFile(file).catch((error: unknown) => {
    throw missingFile(file, error)
  })
  if (content[0] !== GZIP_MAGIC[0] || content[1] !== GZIP_MAGIC[1]) return content
  return promisify(gunzip)(content).catch((error: unknown) => {
    throw broken(`${file} starts as a gzip file, and cannot be unpacked`, error)
  })
}

function readLine<Block extends BlockRef>(text: string, readRecord: ReadRecord<Block>, at: string): Block {
  let record: unknown
  try {
    record = JSON.parse(text)
  } catch (error) {
    throw broken(`${at}: not JSON: ${excerpt(text)}`, error)
  }
  let block: Block
  try {
    block = readRecord(record)
  } catch (error) {
    throw broken(`${at}: ${error instanceof Error ? error.message : 'no block'}`, error)
  }
  const wrong = whatIsWrong(block)
  if (wrong !== undefined) throw broken(`${at}: ${wrong}`)
  return block
}

function whatIsWrong(block: unknown): string | undefined {
  if (typeof block !== 'object' || block === null) return `a block is an object, this is ${excerpt(block)}`
  const { level, hash, parentHash, timestamp } = block as Record<string, unknown>
  if (!isCount(level)) return `level is a number from 0 on, this is ${excerpt(level)}`
  if (!isText(hash)) return `hash is a text, this is ${excerpt(hash)}`
  if (!isText(parentHash)) return `parentHash is a text, this is ${excerpt(parentHash)}`
  if (!isCount(timestamp)) return `timestamp is a number of seconds, this is ${excerpt(timestamp)}`
  if (hash === parentHash) return 'hash and parentHash are the same'
  return undefined
}

/** The parent may come later in the file, or never: only what is known can contradict. */
function checkAgainst(byHash: ReadonlyMap<string, BlockRef>, block: BlockRef, at: string): void {
  const same = byHash.get(block.hash)
  if (same !== undefined && (same.level !== block.level || same.parentHash !== block.parentHash)) {
    throw broken(`${at}: the block ${block.hash} came before with another level or parent`)
  }
  const parent = byHash.get(block.parentHash)
  if (parent !== undefined && parent.level !== block.level - 1) {
    throw broken(`${at}: level ${block.level} on a parent of level ${parent.level}`)
  }
}

function broken(message: string, cause?: unknown): DatasourceError {
  return new DatasourceError(message, { retriable: false, ...(cause === undefined ? {} : { cause }) })
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function excerpt(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'missing')
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
