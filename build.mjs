// Builds everything to dist/. Cleaned first: tests of files that are gone would still run.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { assemblePackage } from './package.mjs'

const PAGE = join('src', 'inspector', 'page')
const CLI = join('dist', 'src', 'cli', 'main.js')

rmSync('dist', { recursive: true, force: true })
const require = createRequire(import.meta.url)
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')
const compile = (project) => spawnSync(process.execPath, [tsc, '-p', project], { stdio: 'inherit' }).status
// The inspector's page is for browsers: with their types, without Node's.
const status = compile('.') || compile(PAGE)
cpSync(PAGE, join('dist', PAGE), { recursive: true, filter: (file) => !/\.(ts|json)$/.test(file) })
// npm makes it so where it installs the package; in a clone `npx pawl` runs this very file.
if (existsSync(CLI)) chmodSync(CLI, 0o755)
if (status !== 0) process.exit(status ?? 1)
await assemblePackage()
