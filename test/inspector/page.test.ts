import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { after, before, describe, test, type TestContext } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import * as v from 'valibot'
import { hook, type Config } from 'pawl'
import { simulateChain } from 'pawl/testing'
import { createRoot, startRoot } from '../embedding/running-root.ts'
import { noBrowser, openBrowser, openPage } from './browser.ts'
import { inspected } from './viewer.ts'

const LIMIT = { timeout: 90_000 }
const MACHINES = new URL('../../../machines/', import.meta.url)

/** Lets pass what waits, when it is opened. */
function gate() {
  let open = (): void => {}
  const passed = new Promise<void>((resolve) => (open = resolve))
  return { open, passed }
}

const isLit = (page: Page, state: string) =>
  page.locator(`[data-state="${state}"][data-lit]`).first().waitFor()

/** Runs in the page: what can be used, and has no name for who cannot see it. */
const NAMELESS = `[...document.querySelectorAll('button, input, select, textarea, a')]
  .filter((element) => !element.closest('[hidden]') && !(element.labels?.length > 0))
  .filter((element) => !element.getAttribute('aria-label') && element.textContent.trim() === '')
  .map((element) => element.outerHTML)`

describe('the page', { skip: noBrowser }, () => {
  let browser: Browser
  before(async () => {
    browser = await openBrowser()
  })
  after(() => browser.close())

  async function look(t: TestContext, plain: Config, options: Parameters<typeof inspected>[1] = {}) {
    const { url, config } = inspected(plain, options)
    const started = await startRoot(t, config)
    return { ...started, url: await url, ...(await openPage(t, browser, { url: await url })) }
  }

  test('lights the state that it is in: syncing, synchronized, rollback, synchronized', LIMIT, async (t) => {
    const chain = simulateChain({ seed: 1, length: 30, finality: 10 })
    const [sync, rollback] = [gate(), gate()]
    const { url, config } = inspected({
      on_reindex: async ({ sql }) => void (await sql`create table seen (level int primary key)`),
      on_index_rollback: async (ctx, index, from, to) => {
        await rollback.passed
        await ctx.rollback(index, from, to)
      },
      indexes: {
        blocks: {
          datasource: chain.datasource(),
          handler: async ({ sql }, { level }) => {
            if (level === 20) await sync.passed
            await sql`insert into seen values (${level})`
          },
        },
      },
    })
    const { start } = await createRoot(t, config)
    start()
    const { page, faults } = await openPage(t, browser, { url: await url })
    await page.getByRole('link', { name: 'Charts' }).click()
    // Each machine has its chart.
    const machines = readdirSync(MACHINES).flatMap((file) => /^(\w+)\.machine\./.exec(file)?.slice(1) ?? [])
    const tabs = await page.getByRole('tab').allTextContents()
    assert.deepEqual(tabs.toSorted(), [...new Set(machines)].toSorted())
    await isLit(page, 'indexer.syncing')
    // Where it stands is in view, in a panel that is smaller than the chart.
    await page.waitForFunction(`(() => {
      const [box, view] = ['[data-state="indexer.syncing"]', '.chart-panel'].map((one) => document.querySelector(one).getBoundingClientRect())
      return box.top >= view.top && box.top < view.bottom && box.left >= view.left && box.left < view.right
    })()`)
    await page.getByRole('status').getByText('syncing').first().waitFor()
    sync.open()
    await isLit(page, 'indexer.synchronized.settled')
    assert.equal(await page.locator('[data-state="indexer.syncing"][data-lit]').count(), 0)
    chain.reorg(4, 6)
    await isLit(page, 'indexer.rollback')
    rollback.open()
    await isLit(page, 'indexer.synchronized.settled')
    // The transitions that it took are listed, the last on top, and its arrow is marked.
    await page.locator('.transitions li').filter({ hasText: 'rollback · firing → syncing' }).waitFor()
    assert.equal(await page.locator('.chart [data-taken]').count(), 1)
    await page.getByRole('tab', { name: 'index', exact: true }).click()
    await isLit(page, 'index.work.waiting')
    await isLit(page, 'index.phase.synchronized.certain')
    await page.getByRole('link', { name: 'Overview' }).click()
    await page.locator('.reorgs li').filter({ hasText: '4 levels, from 29 to 25, 4 rows undone' }).waitFor()
    assert.deepEqual(faults, [])
  })

  test('fires a hook with typed arguments, and shows what is wrong beside each', LIMIT, async (t) => {
    const got: unknown[] = []
    const { page, faults } = await look(t, {
      hooks: {
        pay: hook({
          args: {
            amount: v.bigint(),
            depth: v.pipe(v.number(), v.integer()),
            major: v.boolean(),
            mode: v.optional(v.picklist(['fast', 'slow']), 'slow'),
            note: v.optional(v.string()),
            tags: v.array(v.string()),
          },
          run: (_, args) => void got.push(args),
        }),
        fail: hook({
          run: () => {
            throw new Error('no luck today')
          },
        }),
      },
    })
    await page.getByRole('link', { name: 'Hooks' }).click()
    await page.getByText('pay', { exact: true }).click()
    const form = page.getByRole('form', { name: 'Fire pay' })
    await form.getByLabel('amount').fill('12x')
    await form.getByLabel('depth').fill('1.5')
    await form.getByLabel('tags').fill('["a", ')
    await form.getByRole('button', { name: 'Fire pay' }).click()
    const problemOf = (name: string) => form.locator(`#arg-pay-${name}-problem`)
    await problemOf('amount').getByText('Expected a whole number, received “12x”').waitFor()
    await problemOf('tags').getByText('This is no JSON').waitFor()
    assert.equal(await form.getByLabel('amount').getAttribute('aria-invalid'), 'true')
    await form.getByLabel('amount').fill('123456789012345678901234567890')
    await form.getByLabel('tags').fill('["a", "b"]')
    await form.getByRole('button', { name: 'Fire pay' }).click()
    // These the hook's own schema says.
    await problemOf('depth')
      .getByText(/received 1\.5/)
      .waitFor()
    await problemOf('major')
      .getByText(/missing, expected boolean/i)
      .waitFor()
    assert.deepEqual(got, [])
    await form.getByLabel('depth').fill('-3')
    await form.getByLabel('major').selectOption('true')
    await form.getByRole('button', { name: 'Fire pay' }).click()
    await form.getByText(/pay finished in/).waitFor()
    assert.deepEqual(got, [
      { amount: 123456789012345678901234567890n, depth: -3, major: true, mode: 'slow', tags: ['a', 'b'] },
    ])
    await page.getByText('fail', { exact: true }).click()
    await page.getByRole('button', { name: 'Fire fail' }).click()
    await page.getByRole('form', { name: 'Fire fail' }).getByText('no luck today').first().waitFor()
    // The server's refusals of wrong arguments are answers, which the browser notes as failed requests.
    assert.deepEqual(
      faults.filter((fault) => !/status of 422/.test(fault)),
      [],
    )
  })

  test('pauses, resumes and runs a job, and tells what came of it', LIMIT, async (t) => {
    const { page, faults, emitted } = await look(t, {
      hooks: { stats: hook({ run() {} }) },
      jobs: {
        nightly: { hook: 'stats', crontab: '0 3 * * *' },
        often: { hook: 'stats', interval: '90s' },
      },
    })
    await page.getByRole('link', { name: 'Jobs' }).click()
    const job = page.getByRole('listitem', { name: 'nightly' })
    await job.getByText('at 03:00, every day (UTC)').waitFor()
    await job.getByRole('button', { name: 'Pause' }).click()
    await job.getByText('paused').waitFor()
    await job.getByRole('button', { name: 'Resume' }).click()
    await job.getByRole('button', { name: 'Pause' }).waitFor()
    await job.getByRole('button', { name: 'Run' }).click()
    await emitted.next('job.fired', ({ job: name }) => name === 'nightly')
    await job.getByText('1 fired').waitFor()
    await job.getByText('nightly', { exact: true }).click()
    await job.getByRole('cell', { name: 'by hand' }).waitFor()
    await page.getByRole('searchbox', { name: 'Filter jobs' }).fill('oft')
    await job.waitFor({ state: 'detached' })
    assert.deepEqual(faults, [])
  })

  test('a late viewer sees what is; the token leaves the address; a reload keeps it', LIMIT, async (t) => {
    const chain = simulateChain({ seed: 1, length: 30, finality: 10 })
    const { page, faults, root } = await look(t, {
      indexes: { blocks: { datasource: chain.datasource(), handler() {} } },
      hooks: { stats: hook({ args: { apiKey: v.string() }, run() {} }) },
    })
    const row = page.getByRole('row', { name: /blocks/ })
    await row.getByText('at its head').waitFor()
    assert.match(page.url(), /#overview$/)
    await page.reload()
    await row.getByText('at its head').waitFor()
    root.send({ type: 'FIRE_HOOK', hook: 'stats', args: { apiKey: 'hunter2' } } as never)
    await page.getByRole('link', { name: 'Events' }).click()
    await page.getByText('reindexing: first start').waitFor()
    await page.getByText('stats { apiKey: "•••" } started').waitFor()
    await page.getByRole('link', { name: 'Actors' }).click()
    await page.getByRole('treeitem', { name: /index: blocks/ }).click()
    await page.getByText("index: 'blocks'").waitFor()
    assert.ok(!(await page.content()).includes('hunter2'))
    assert.deepEqual(faults, [])
  })

  test(
    'feeds the hosted Stately Inspector in a window, also after a reload, until it is closed',
    LIMIT,
    async (t) => {
      const { page, faults } = await look(t, { hooks: { greet: hook({ run() {} }) } })
      // The hosted page itself is of the network: of it no more than what it says and hears.
      await page.context().route('https://stately.ai/**', (route) =>
        route.fulfill({
          contentType: 'text/html',
          body: `<script>
          received = []
          addEventListener('message', ({ data }) => received.push(data))
          opener.postMessage({ type: '@statelyai.connected' }, '*')
        </script>`,
        }),
      )
      const [hosted] = await Promise.all([
        page.waitForEvent('popup'),
        page.getByRole('button', { name: 'Stately' }).click(),
      ])
      const isTold = `received.some(({ type, name, definition }) =>
      type === '@xstate.actor' && name === 'indexer' && 'synchronized' in JSON.parse(definition).states)`
      await hosted.waitForFunction(isTold)
      await hosted.reload()
      await hosted.waitForFunction(isTold)
      const isCut = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/api/stately'))
      await hosted.close()
      await isCut
      assert.deepEqual(faults, [])
    },
  )

  test('says when the token is wrong, when it does not answer, and when it has ended', LIMIT, async (t) => {
    const { page, url, stop } = await look(t, {})
    const other = await openPage(t, browser, { url: `${new URL(url).origin}/#token=wrong-wrong-wrong` })
    await other.page.getByText('The token is missing, or not the right one.').waitFor()
    // Whoever pastes the whole address is let in.
    await other.page.getByLabel('Token').fill(url)
    await other.page.getByRole('button', { name: 'Look' }).click()
    await other.page.getByText('Nothing: what is stored may be served.').waitFor()
    await page.getByText('Nothing: what is stored may be served.').waitFor()
    await stop()
    await page.getByText('Pawl has stopped.').waitFor()
    await page.locator('.state-pill', { hasText: 'stopped' }).waitFor()
  })

  test('says why a command was refused, and which firings there are none of', LIMIT, async (t) => {
    const { page } = await look(t, { hooks: { stats: hook({ run() {} }) } })
    await page.getByRole('link', { name: 'Hooks' }).click()
    for (const [state, words] of [
      ['running', 'No durable firing runs.'],
      ['dead', 'No durable firing is dead.'],
    ] as const) {
      await page.getByLabel('Which firings').selectOption(state)
      await page.getByText(words).waitFor()
    }
    await page.getByText('stats', { exact: true }).click()
    // As after a restart of Pawl, which has a new token.
    await page.evaluate(`sessionStorage.setItem('pawl.token', 'wrong-wrong-wrong')`)
    await page.getByRole('button', { name: 'Fire stats' }).click()
    await page.getByText('the token is missing, or not the right one').first().waitFor()
  })

  test(
    'asks only for what is seen: of the view that is open, and of nothing in the background',
    LIMIT,
    async (t) => {
      const { page, faults } = await look(t, { hooks: { stats: hook({ run() {} }) } })
      await page.getByText('Nothing: what is stored may be served.').waitFor()
      const ended = (view: string) =>
        page.waitForEvent('requestfailed', (request) => request.url().endsWith(`/api/stream?view=${view}`))
      const begun = (view: string) =>
        page.waitForRequest((request) => request.url().endsWith(`/api/stream?view=${view}`))
      await Promise.all([
        begun('hooks'),
        ended('overview'),
        page.getByRole('link', { name: 'Hooks' }).click(),
      ])
      await page.getByText('No durable firing waits').waitFor()
      await page.clock.install()
      const setHidden = (hidden: boolean) =>
        page.evaluate(
          `Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${hidden} })
        document.dispatchEvent(new Event('visibilitychange'))`,
        )
      const left = ended('hooks')
      await setHidden(true)
      await page.clock.fastForward(6_000)
      await left
      await Promise.all([begun('hooks'), setHidden(false)])
      await page.locator('.state-pill', { hasText: 'synchronized' }).waitFor()
      assert.deepEqual(faults, [])
    },
  )

  test('fits a narrow screen, and can be used by its keys', LIMIT, async (t) => {
    const { url } = await look(t, {
      hooks: { stats: hook({ args: { depth: v.number() }, run() {} }) },
      jobs: { nightly: { hook: 'stats', crontab: '0 3 * * *', args: { depth: 1 } } },
      indexes: {
        blocks: {
          datasource: simulateChain({ seed: 1, length: 30, finality: 10 }).datasource(),
          handler() {},
        },
      },
    })
    const { page, faults } = await openPage(t, browser, { url, width: 390, height: 780, dark: true })
    for (const view of ['Overview', 'Charts', 'Actors', 'Jobs', 'Hooks', 'Events']) {
      await page.getByRole('link', { name: view }).focus()
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: view, level: 1 }).waitFor()
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth')
      assert.ok(wide <= 390, `${view} is ${wide} px wide`)
      const nameless = await page.evaluate<string[]>(NAMELESS)
      assert.deepEqual(nameless, [], view)
    }
    assert.deepEqual(faults, [])
  })
})
