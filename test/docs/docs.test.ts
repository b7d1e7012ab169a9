import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { readLines } from '../config/yaml/read-yaml.ts'
import * as errors from '../../src/errors.ts'
import type { PawlError } from '../../src/errors.ts'
import { describeIssue } from '../../src/text/describe-issue.ts'
import { checkCommand } from './check-command.ts'
import { declarationOf } from './read-members.ts'
import { readBlocks, readPages, ROOT, type Block, type Page } from './read-pages.ts'
import { COMMANDS, references } from './references.ts'

const pages = await readPages()

const blocksOf = (page: Page, ...languages: readonly string[]): readonly Block[] =>
  page.blocks.filter(({ language }) => languages.includes(language))

/** As GitHub makes them of headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  const prose = text.replaceAll(/^(`{3,})[^]*?^\1$/gm, '')
  return new Set(
    [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

describe('the pages', () => {
  test('are all in the index, and the index has no other', () => {
    const index = pages.find(({ path }) => path === 'docs/README.md')
    const linked = [...(index?.text ?? '').matchAll(/\]\(([\w-]+\.md)\)/g)].map(
      ([, file = '']) => `docs/${file}`,
    )
    const there = pages
      .map(({ path }) => path)
      .filter((path) => path.startsWith('docs/') && path !== 'docs/README.md')
    assert.deepEqual([...new Set(linked)].toSorted(), there.toSorted())
  })

  for (const page of pages) {
    test(`${page.path}: its links lead somewhere`, () => {
      const prose = page.text.replaceAll(/^(`{3,})[^]*?^\1$/gm, '').replaceAll(/`[^`\n]*`/g, '')
      const broken = [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => {
          const [path = '', anchor] = target.split('#')
          const file =
            path === '' ? page.path : normalize(join(dirname(page.path), path)).replaceAll('\\', '/')
          if (!existsSync(join(ROOT, file))) return true
          if (anchor === undefined) return false
          const to = pages.find((other) => other.path === file)
          return to !== undefined && !anchorsOf(to.text).has(anchor)
        })
      assert.deepEqual(broken, [])
    })

    test(`${page.path}: its YAML can be read, its configs without a fault`, () => {
      for (const { code, line, file } of blocksOf(page, 'yaml', 'yml')) {
        const where = `${page.path}:${line}`
        assert.doesNotThrow(() => void parse(code), where)
        const isConfig =
          file === undefined
            ? /^(hooks|jobs|database|advanced):/m.test(code)
            : /^(pawl|dipdup)\.ya?ml$/.test(file)
        if (!isConfig) continue
        const env = Object.fromEntries([...code.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => [name, 'x']))
        const fromDipDup = file?.startsWith('dipdup') === true
        const issues = readLines(code.split('\n'), { env, fromDipDup }).issues.map(describeIssue)
        assert.deepEqual(issues, [], where)
      }
    })

    test(`${page.path}: its commands are there`, () => {
      const wrong = blocksOf(page, 'sh', 'bash', 'console').flatMap(({ code, line }) =>
        code
          .replaceAll('\\\n', ' ')
          .split('\n')
          .flatMap((each) => {
            const found = checkCommand(each, page.path)
            return found === undefined ? [] : [`${page.path}:${line}: ${each.trim()}: ${found}`]
          }),
      )
      assert.deepEqual(wrong, [])
    })

    test(`${page.path}: every block says its language`, () => {
      const bare = page.blocks.filter(({ language }) => language === '').map(({ line }) => line)
      assert.deepEqual(bare, [])
    })
  }
})

describe('the references', () => {
  for (const [name, text] of Object.entries(references())) {
    test(`docs/${name} is what the types say (npm run docs)`, async () => {
      assert.equal(await readFile(join(ROOT, 'docs', name), 'utf8'), text)
    })
  }

  test('every command of the root is there', () => {
    const types = ['PawlCommand', 'JobCommand', 'IndexChange', 'ReindexCommand'].map(declarationOf).join()
    const commands = [...types.matchAll(/readonly type: '(\w+)'/g)].map(([, name]) => name)
    assert.deepEqual(COMMANDS.map(([name]) => name).toSorted(), commands.toSorted())
  })
})

test('docs/errors.md has a section for each code, in their order', async () => {
  const codes = Object.values(errors)
    .filter((value) => typeof value === 'function' && value !== errors.PawlError)
    .map((type) => new (type as new (...args: unknown[]) => PawlError)([], {}).code)
  const page = await readFile(join(ROOT, 'docs', 'errors.md'), 'utf8')
  const sections = [...page.matchAll(/^## ([A-Z_]+)$/gm)].map(([, code]) => code)
  assert.deepEqual(sections, [...new Set(codes)].toSorted())
})

describe('what the check itself takes', () => {
  test('blocks are found with their language, their file and their line', () => {
    const [block, other] = readBlocks(
      '# a\n\n```ts\n// hooks/x.ts – why\n1\n```\n\n````md\n```\nin it\n```\n````\n',
    )
    assert.deepEqual(block, { language: 'ts', code: '// hooks/x.ts – why\n1\n', line: 4, file: 'hooks/x.ts' })
    assert.equal(other?.code, '```\nin it\n```\n')
  })

  test('commands that are not there are noticed', () => {
    assert.equal(checkCommand('npx pawl run --config x'), undefined)
    assert.equal(checkCommand('A=b npm run lint # and more'), undefined)
    assert.match(checkCommand('npm ci && npm run nothing') ?? '', /no script "nothing"/)
    assert.match(checkCommand('pawl hooks explode') ?? '', /"explode" is no command of "hooks"/)
    assert.match(checkCommand('npx pawl run --faster') ?? '', /"--faster" is no option of "run"/)
  })
})
