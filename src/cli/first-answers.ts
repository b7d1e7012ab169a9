import { ConfigurationError } from '../errors.ts'
import type { FirstProject } from './first-project.ts'

interface Question {
  readonly flag: string
  readonly text: string
  readonly fits: RegExp
  readonly expected: string
}

const NODE: Question = {
  flag: '--rpc',
  text: 'URL of an EVM node (nothing: a simulated chain):',
  fits: /^(?:https?|wss?):\/\/\S+$/,
  expected: 'the URL of a node, such as http://127.0.0.1:8545: http, https, ws or wss',
}

const TOKEN: Question = {
  flag: '--contract',
  text: 'Address of a token (nothing: transfers of all):',
  fits: /^0x[0-9a-fA-F]{40}$/,
  expected: 'an address of 0x and 40 hex digits',
}

/**
 * What the flags say; where they say nothing, what the person at the terminal does, who is asked until it can be.
 * @param ask undefined: there is no person
 * @throws ConfigurationError for all that is wrong in the flags
 */
export async function firstAnswers(
  given: { readonly yes?: boolean; readonly rpc?: string; readonly contract?: string },
  ask: ((question: string) => Promise<string>) | undefined,
  say: (line: string) => void,
): Promise<FirstProject> {
  const issues = [[NODE, given.rpc] as const, [TOKEN, given.contract] as const].flatMap(
    ([question, value]) => {
      const wrong = value === undefined ? undefined : problemOf(question, value)
      return wrong === undefined ? [] : [{ path: '', message: `${question.flag}: ${wrong}` }]
    },
  )
  if (issues.length > 0) throw new ConfigurationError(issues)
  const asks = given.yes !== true && given.rpc === undefined && given.contract === undefined ? ask : undefined
  if (asks === undefined) return { rpc: given.rpc, contract: given.contract }
  const rpc = await answerTo(NODE, asks, say)
  return { rpc, contract: rpc === undefined ? undefined : await answerTo(TOKEN, asks, say) }
}

/** Undefined: nothing, as also where the input ends. */
async function answerTo(
  question: Question,
  ask: (question: string) => Promise<string>,
  say: (line: string) => void,
): Promise<string | undefined> {
  for (;;) {
    const answer = await ask(question.text)
    if (answer === '') return undefined
    const wrong = problemOf(question, answer)
    if (wrong === undefined) return answer
    say(wrong)
  }
}

const problemOf = ({ fits, expected }: Question, value: string): string | undefined =>
  fits.test(value) ? undefined : `expected ${expected}, got "${value.slice(0, 60)}"`
