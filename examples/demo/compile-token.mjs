// Writes token.ts from the token.sol beside it: `node examples/demo/compile-token.mjs [folder]`. Only needed when token.sol changes.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import solc from 'solc'

const [folder = import.meta.dirname] = process.argv.slice(2)

const input = {
  language: 'Solidity',
  sources: { 'token.sol': { content: readFileSync(join(folder, 'token.sol'), 'utf8') } },
  settings: {
    // Paris has no PUSH0: the bytecode runs on every EVM chain there is.
    evmVersion: 'paris',
    optimizer: { enabled: true, runs: 200 },
    metadata: { appendCBOR: false },
    outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
  },
}
const { errors = [], contracts } = JSON.parse(solc.compile(JSON.stringify(input)))
if (errors.length > 0) throw new Error(errors.map((error) => error.formattedMessage).join('\n'))
const [{ abi, evm }] = Object.values(contracts['token.sol'])

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
  join(folder, 'token.ts'),
  `// Made from token.sol by compile-token.mjs (solc ${solc.version().replace('.Emscripten.clang', '')}).
import { parseAbi } from 'viem'

export const tokenAbi = parseAbi([
${abi.map((entry) => `  '${signature(entry)}',`).join('\n')}
])

export const tokenBytecode =
  '0x${evm.bytecode.object}'
`,
)
