// Builds everything to dist/. Cleaned first: tests of files that are gone would still run.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

rmSync('dist', { recursive: true, force: true })
const require = createRequire(import.meta.url)
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')
process.exit(spawnSync(process.execPath, [tsc, '-p', '.'], { stdio: 'inherit' }).status ?? 1)
