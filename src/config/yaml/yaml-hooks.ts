import { SYSTEM_HOOKS } from '../../hooks/hook.ts'
import { HOOK_KEYS, isSystemHook } from '../check-hooks.ts'
import { at } from '../config-reader.ts'
import { named, type ArgumentType } from './argument-types.ts'
import type { ConfigPlaces } from './config-places.ts'
import { ArgumentTypeError, parseArgumentType, type ParsedArgumentType } from './parse-argument-type.ts'
import { readOption, toCamel, toSnake } from './snake-case.ts'
import type { YamlField, YamlReader } from './yaml-reader.ts'
import * as v from 'valibot'

/** A hook of the file, without the code that it runs. */
export interface YamlHook {
  readonly name: string
  /** `stats.daily`: the file `hooks/stats/daily.ts`, which exports `daily`. */
  readonly callback: string
  /** Where the callback is named. */
  readonly field: YamlField
  readonly args: ReadonlyMap<string, ParsedArgumentType>
  /** `atomic` and its like, as `hook()` takes them. */
  readonly options: Readonly<Record<string, unknown>>
}

// Code is no option of a file.
const OPTIONS = HOOK_KEYS.filter((key) => !['run', 'args', 'onReverted'].includes(key)).map(toSnake)

export function readYamlHooks(
  reader: YamlReader,
  section: YamlField | undefined,
  places: ConfigPlaces,
): readonly YamlHook[] {
  const hooks: YamlHook[] = []
  if (section !== undefined) places.set('hooks', section)
  for (const [name, field] of reader.fields(section, 'a mapping with a hook for each name')) {
    places.set(at('hooks', name), field)
    if (isSystemHook(name)) {
      reader.wrong(field, `"${name}" is fired by Pawl itself: take it out, and write hooks/${name}.ts`)
    } else hooks.push(readHook(reader, name, field, places))
  }
  return hooks
}

function readHook(reader: YamlReader, name: string, field: YamlField, places: ConfigPlaces): YamlHook {
  const path = at('hooks', name)
  const fields = reader.fields(field, '{ callback, atomic, args }')
  reader.unknownKeys(fields, ['callback', 'args', ...OPTIONS])
  const options = OPTIONS.flatMap((key) => {
    const option = fields.get(key)
    const camel = toCamel(key)
    const value = option === undefined ? undefined : readOption(reader, option, at(path, camel), places)
    return value === undefined ? [] : [[camel, value] as const]
  })
  const callback = fields.get('callback')
  return {
    name,
    callback: readCallback(reader, callback, field, name),
    field: callback ?? field,
    args: readArgs(reader, fields.get('args'), path, places),
    options: Object.fromEntries(options),
  }
}

/** As DipDup wants it: the same as the hook's name, unless it says otherwise. */
function readCallback(
  reader: YamlReader,
  field: YamlField | undefined,
  hook: YamlField,
  name: string,
): string {
  const callback = reader.text(field, 'the name of a callback') ?? name
  const problem = callback
    .split('.')
    .map(explainPart)
    .find((message) => message !== undefined)
  if (problem !== undefined) reader.wrong(field ?? hook, `the callback "${callback.slice(0, 80)}" ${problem}`)
  else if (SYSTEM_HOOKS.some((system) => system === callback))
    reader.wrong(
      field ?? hook,
      `the callback "${callback}" is one that Pawl itself fires; choose another name`,
    )
  return problem === undefined ? callback : ''
}

const RESERVED =
  /^(?:await|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|false|finally|for|function|if|import|in|instanceof|interface|let|new|null|package|private|protected|public|return|static|super|switch|this|throw|true|try|typeof|var|void|while|with|yield)$/

function explainPart(part: string): string | undefined {
  if (!/^[A-Za-z_]\w*$/.test(part))
    return 'is a name of a file and of a function: letters, digits and "_", with dots for folders'
  return RESERVED.test(part) ? `cannot be exported: "${part}" is a word of JavaScript's own` : undefined
}

function readArgs(
  reader: YamlReader,
  field: YamlField | undefined,
  path: string,
  places: ConfigPlaces,
): ReadonlyMap<string, ParsedArgumentType> {
  const args = new Map<string, ParsedArgumentType>()
  for (const [name, arg] of reader.fields(field, 'a mapping with a type for each argument')) {
    places.set(at(at(path, 'args'), name), arg)
    args.set(name, readArg(reader, arg))
  }
  return args
}

const ANYTHING: ArgumentType = { schema: named(v.any(), 'Any'), input: 'unknown', output: 'unknown' }

function readArg(reader: YamlReader, field: YamlField): ParsedArgumentType {
  try {
    const type = parseArgumentType(reader.text(field, 'a type such as int') ?? '')
    for (const name of type.unchecked)
      reader.warn(field, `Pawl does not know the type ${name}: what is passed is not checked`)
    return type
  } catch (error) {
    if (!(error instanceof ArgumentTypeError)) throw error
    reader.wrong(field, error.message)
    // What else is wrong is still told.
    return { ...ANYTHING, optional: true, unchecked: [] }
  }
}
