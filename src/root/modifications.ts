import type { Config, IndexConfigs, ReindexAction } from '../config/config.ts'
import { ReindexRequiredError } from '../errors.ts'
import type { ReindexReason } from '../events.ts'
import type { Logger } from '../logger.ts'
import { describeChanges, indexFingerprint, schemaFingerprint } from './fingerprint.ts'
import type { LifecycleStore } from './lifecycle-store.ts'

/** Why what is stored may not fit what is configured. */
export interface Modification {
  readonly reason: ReindexReason
  /** For a person: what is different. */
  readonly what: readonly string[]
}

export interface ModificationSearch {
  readonly store: LifecycleStore
  readonly config: Config
  /** The project's. */
  readonly directory: string
  /** Those that are followed: of the config, and added since. */
  readonly indexes: IndexConfigs
}

/** An asked-for reindex is meant; everything else is a surprise until somebody has looked. */
export const actionOf = ({ reindex = {} }: Config, reason: ReindexReason): ReindexAction =>
  reason === 'first_start' ? 'wipe' : (reindex[reason] ?? (reason === 'manual' ? 'wipe' : 'exception'))

/** Compares what is stored with the config. Nothing stored is nothing modified. @throws SqlScriptError */
export async function findModifications({
  store,
  config,
  directory,
  indexes,
}: ModificationSearch): Promise<readonly Modification[]> {
  const found: Modification[] = []
  const required = await store.required()
  if (required !== undefined) found.push({ reason: required.reason, what: [required.why] })

  const stored = await store.indexes()
  const changed = Object.entries(indexes).flatMap(([name, index]) => {
    const before = stored.get(name)
    return before === undefined
      ? []
      : describeChanges(before, indexFingerprint(index)).map((change) => `index "${name}": ${change}`)
  })
  if (changed.length > 0) found.push({ reason: 'config_modified', what: changed })

  const schema = await store.schema()
  if (schema !== undefined) {
    const now = await schemaFingerprint(config, directory)
    const scripts = changedScripts(schema.scripts, now.scripts)
    const version = describeChanges({ schemaVersion: schema.version }, { schemaVersion: now.version })
    const what = [...version, ...scripts]
    if (what.length > 0) found.push({ reason: 'schema_modified', what })
  }
  return found
}

/** Notes what is not noted yet: of a new index, or after an approval. */
export async function rememberUnknown({
  store,
  config,
  directory,
  indexes,
}: ModificationSearch): Promise<void> {
  for (const [name, index] of Object.entries(indexes))
    await store.rememberIndex(name, indexFingerprint(index))
  if ((await store.schema()) === undefined)
    await store.rememberSchema(await schemaFingerprint(config, directory))
}

/**
 * What the policy makes of them: the reason of a wipe, or undefined to go on.
 * @throws ReindexRequiredError
 */
export function judge(
  modifications: readonly Modification[],
  config: Config,
  logger: Logger,
): ReindexReason | undefined {
  const by = (action: ReindexAction) =>
    modifications.filter(({ reason }) => actionOf(config, reason) === action)
  const refused = by('exception')
  if (refused.length > 0) throw reindexRequired(refused)
  for (const { reason, what } of by('ignore')) logger.warn(`${reason}, and ignored: ${what.join('; ')}`)
  return by('wipe')[0]?.reason
}

/** The error that stops Pawl until somebody has decided. */
export function reindexRequired(modifications: readonly Modification[]): ReindexRequiredError {
  const lines = modifications.flatMap(({ reason, what }) => what.map((one) => `${reason}: ${one}`))
  const [reason = 'manual'] = modifications.map((one) => one.reason)
  return new ReindexRequiredError(
    `what is indexed does not fit any more${lines.length === 1 ? `: ${lines.join('')}` : `:\n${lines.join('\n')}`}`,
    {
      hint:
        '`pawl schema wipe` indexes again from the start; `pawl schema approve` takes the database as it is; ' +
        `reindex: { ${reason}: 'wipe' } in the config wipes by itself.`,
    },
  )
}

function changedScripts(
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].toSorted()
  return names.flatMap((name) => {
    if (before[name] === now[name]) return []
    const how = before[name] === undefined ? 'is new' : now[name] === undefined ? 'is gone' : 'has changed'
    return [`sql/${name} ${how}`]
  })
}
