import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { firstAnswers } from '../../src/cli/first-answers.ts'

const TOKEN = '0x5FbDB2315678afecb367f032d93F642f64180aa3'

/** A person who gives these answers, and then only Enter. */
async function answer(...answers: readonly string[]) {
  const left = [...answers]
  const said: string[] = []
  const asked: string[] = []
  const ask = (question: string): Promise<string> => {
    asked.push(question.replace(/ \(.*/, ''))
    return Promise.resolve(left.shift() ?? '')
  }
  const project = await firstAnswers({}, ask, (line) => said.push(line))
  return { project, asked, said }
}

describe("pawl init's questions", () => {
  test('are asked again where the answer cannot be, in the words of the question', async () => {
    const { project, asked, said } = await answer('localhost:8545', 'http://localhost:8545', '0x12', TOKEN)
    assert.deepEqual(project, { rpc: 'http://localhost:8545', contract: TOKEN })
    assert.deepEqual(asked, [...Array(2).fill('URL of an EVM node'), ...Array(2).fill('Address of a token')])
    assert.deepEqual(said, [
      'expected the URL of a node, such as http://127.0.0.1:8545: http, https, ws or wss, got "localhost:8545"',
      'expected an address of 0x and 40 hex digits, got "0x12"',
    ])
  })

  test('end with Enter, at each of them', async () => {
    assert.deepEqual((await answer('')).project, { rpc: undefined, contract: undefined })
    assert.deepEqual((await answer('node', '')).project, { rpc: undefined, contract: undefined })
    assert.deepEqual((await answer('ws://node')).project, { rpc: 'ws://node', contract: undefined })
  })

  test('are not asked where flags say enough', async () => {
    const refuse = (): Promise<string> => Promise.reject(new Error('asked'))
    const none = { rpc: undefined, contract: undefined }
    assert.deepEqual(await firstAnswers({ yes: true }, refuse, () => {}), none)
    assert.deepEqual(await firstAnswers({ rpc: 'http://a' }, refuse, () => {}), { ...none, rpc: 'http://a' })
  })
})
