import { Command, InvalidArgumentError } from 'commander'
import { getAddress, isAddress, type Address } from 'viem'

/** A token on a node of the user's. */
export interface NodeOptions {
  readonly rpc: string
  readonly token: Address
  readonly fromBlock: number
}

/** Reads the command line: undefined asks for the demo on a chain of its own. A wrong one ends the process with code 2. */
export function readOptions(args: readonly string[]): NodeOptions | undefined {
  // The annotation lets `command.error` narrow: it never returns.
  const command: Command = new Command('npm start --')
    .description(
      'Indexes an ERC-20 token with Pawl: on a chain of its own, started for the demo, or on a node of yours, read-only.',
    )
    .option('--rpc <url>', 'JSON-RPC endpoint of your node', readUrl)
    .option('--token <address>', 'the token contract', readAddress)
    .option('--from-block <number>', 'the first block to read (default: 0)', readBlockNumber)
    .allowExcessArguments(false)
    .showHelpAfterError('(--help shows what there is)')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse(args, { from: 'user' })
  const { rpc, token, fromBlock } = command.opts<Partial<NodeOptions>>()
  if (rpc === undefined && token === undefined && fromBlock === undefined) return undefined
  if (rpc === undefined) command.error('error: --rpc is missing: the URL of the node that has the token')
  if (token === undefined) command.error('error: --token is missing: the address of the ERC-20 to index')
  return { rpc, token, fromBlock: fromBlock ?? 0 }
}

function readUrl(text: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : undefined
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new InvalidArgumentError('An http:// or https:// URL is expected, as http://127.0.0.1:8545')
  }
  return text
}

function readAddress(text: string): Address {
  if (!isAddress(text, { strict: false })) {
    throw new InvalidArgumentError('0x and 40 hexadecimal digits are expected')
  }
  return getAddress(text)
}

function readBlockNumber(text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) {
    throw new InvalidArgumentError('A block number is expected: 0 or more')
  }
  return number
}
