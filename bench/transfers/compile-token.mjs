// Writes token.ts from token.sol: `node bench/transfers/compile-token.mjs`. Only needed when token.sol changes.
import { readFileSync, writeFileSync } from 'node:fs'
import solc from 'solc'

const file = (name) => new URL(name, import.meta.url)

const input = {
  language: 'Solidity',
  sources: { 'token.sol': { content: readFileSync(file('token.sol'), 'utf8') } },
  settings: {
    // Paris has no PUSH0: the bytecode runs on every EVM chain there is.
    evmVersion: 'paris',
    optimizer: { enabled: true, runs: 200 },
    metadata: { appendCBOR: false },
    outputSelection: { '*': { BusyToken: ['abi', 'evm.bytecode.object'] } },
  },
}
const { errors = [], contracts } = JSON.parse(solc.compile(JSON.stringify(input)))
if (errors.length > 0) throw new Error(errors.map((error) => error.formattedMessage).join('\n'))
const { abi, evm } = contracts['token.sol'].BusyToken

const parameters = (list) =>
  list
    .map(({ type, indexed, name }) => [type, indexed && 'indexed', name].filter(Boolean).join(' '))
    .join(', ')

/** One line of a human-readable ABI, as viem's `parseAbi` reads it. */
function signature({ type, name, inputs, outputs = [], stateMutability }) {
  const head = type === 'constructor' ? 'constructor' : `${type} ${name}`
  const mutability = stateMutability === 'view' ? ' view' : ''
  const returns = outputs.length > 0 ? ` returns (${parameters(outputs)})` : ''
  return `${head}(${parameters(inputs)})${mutability}${returns}`
}

writeFileSync(
  file('token.ts'),
  `// Made from token.sol by compile-token.mjs (solc ${solc.version().replace('.Emscripten.clang', '')}).
import { parseAbi } from 'viem'

export const tokenAbi = parseAbi([
${abi.map((entry) => `  '${signature(entry)}',`).join('\n')}
])

export const tokenBytecode =
  '0x${evm.bytecode.object}'
`,
)
