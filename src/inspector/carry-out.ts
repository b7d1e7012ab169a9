import { randomUUID } from 'node:crypto'
import { PawlError, UnknownFiringError, UnknownHookError } from '../errors.ts'
import { foreseeProblems } from '../hooks/check-arguments.ts'
import { decodeArguments } from '../hooks/encode-arguments.ts'
import { describeError } from '../text/describe-error.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import type { Inspected, RunningRoot, StoredState } from './inspected.ts'
import type { CommandAnswer, ViewerCommand } from './commands.ts'

/**
 * Does what a viewer asks for. Never throws: what is wrong is the answer.
 * @param follow is told of a firing before it is asked for
 */
export async function carryOut(
  inspected: Inspected,
  command: unknown,
  follow: (firing: string) => void,
): Promise<CommandAnswer> {
  try {
    return await run(inspected, readCommand(command), follow)
  } catch (error) {
    const { message, causes, hint } = describeError(error)
    return {
      ok: false,
      code: error instanceof PawlError ? error.code : error instanceof RefusedCommand ? 'REFUSED' : 'FAILED',
      message: [...message, ...causes].join('\n'),
      ...(hint.length === 0 ? {} : { hint: hint.join('\n') }),
    }
  }
}

/** What was asked for cannot be, here and now. */
class RefusedCommand extends Error {}

async function run(
  inspected: Inspected,
  command: ViewerCommand,
  follow: (firing: string) => void,
): Promise<CommandAnswer> {
  switch (command.type) {
    case 'fireHook':
      return fire(inspected, command, follow)
    case 'runJob':
      await storedOf(inspected).jobs.run(command.job)
      return { ok: true }
    case 'pauseJob':
      await storedOf(inspected).jobs.pause(command.job)
      return { ok: true }
    case 'resumeJob':
      await storedOf(inspected).jobs.resume(command.job)
      return { ok: true }
    case 'retryFiring':
      if (await storedOf(inspected).retryFiring(command.firing)) return { ok: true }
      throw new UnknownFiringError('this firing is not dead any more: it was retried or dropped meanwhile')
    case 'dropFiring':
      if (await storedOf(inspected).dropFiring(command.firing)) return { ok: true }
      throw new UnknownFiringError('this firing does not wait any more, and is not dead: it runs, or has run')
    case 'dryRunRollback':
      return { ok: true, rollback: await storedOf(inspected).tryRollback(command.index, command.toLevel) }
    case 'stop':
      rootOf(inspected).stop()
      return { ok: true }
  }
}

function fire(
  inspected: Inspected,
  { hook: name, args: encoded, queue = false }: Extract<ViewerCommand, { type: 'fireHook' }>,
  follow: (firing: string) => void,
): CommandAnswer {
  const root = rootOf(inspected)
  const hook = Object.hasOwn(inspected.hooks, name) ? inspected.hooks[name] : undefined
  if (hook === undefined)
    throw new UnknownHookError(`there is no hook "${name}"${didYouMean(name, Object.keys(inspected.hooks))}`)
  const args = decodeArguments(encoded)
  const problems = foreseeProblems(hook, args)
  if (problems.length > 0) {
    const message = `hook "${name}" was not fired: ${problems.map((problem) => problem.message).join('; ')}`
    return { ok: false, code: 'CALLBACK_TYPE', message, problems }
  }
  const firing = randomUUID()
  follow(firing)
  root.fireHook({ hook: name, args, id: firing, queue })
  return { ok: true, firing }
}

function storedOf(inspected: Inspected): StoredState {
  const stored = inspected.stored()
  if (stored === undefined) throw new RefusedCommand('the database is not open yet: try again in a moment')
  return stored
}

function rootOf({ root }: Inspected): RunningRoot {
  if (root === undefined) throw new RefusedCommand('nothing runs here: what is stored is shown')
  return root
}

const TEXTS = {
  fireHook: ['hook'],
  runJob: ['job'],
  pauseJob: ['job'],
  resumeJob: ['job'],
  retryFiring: ['firing'],
  dropFiring: ['firing'],
  dryRunRollback: ['index'],
  stop: [],
} as const satisfies Readonly<Record<ViewerCommand['type'], readonly string[]>>

/** Whoever has the token may send anything. */
function readCommand(value: unknown): ViewerCommand {
  const fields = asFields(value)
  const type = fields?.['type']
  if (fields === undefined || typeof type !== 'string' || !Object.hasOwn(TEXTS, type))
    throw new RefusedCommand(`there is no such command; there are ${Object.keys(TEXTS).join(', ')}`)
  for (const key of TEXTS[type as keyof typeof TEXTS]) {
    if (typeof fields[key] !== 'string') throw new RefusedCommand(`${type} lacks "${key}", a text`)
  }
  if (
    type === 'dryRunRollback' &&
    !(Number.isSafeInteger(fields['toLevel']) && Number(fields['toLevel']) >= 0)
  )
    throw new RefusedCommand('dryRunRollback lacks "toLevel", a whole number from 0 on')
  if (type === 'fireHook' && asFields(fields['args'] ?? {}) === undefined)
    throw new RefusedCommand('fireHook takes "args", an object')
  return {
    ...fields,
    ...(type === 'fireHook' ? { args: fields['args'] ?? {} } : {}),
  } as unknown as ViewerCommand
}

const asFields = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
