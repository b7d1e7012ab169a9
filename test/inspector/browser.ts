import { existsSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { chromium, type Browser, type Page } from 'playwright-core'

/** Debian's, or another that is named. */
const CHROMIUM = process.env['PAWL_TEST_CHROMIUM'] ?? '/usr/bin/chromium'

/** For tests that need a browser: why there is none. */
export const noBrowser = existsSync(CHROMIUM)
  ? false
  : `there is no ${CHROMIUM} (apt-get install chromium, or name another by PAWL_TEST_CHROMIUM)`

/** Nothing that it does by itself reaches for the network. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export const openBrowser = (): Promise<Browser> => chromium.launch({ executablePath: CHROMIUM, args: QUIET })

export interface WatchedPage {
  readonly page: Page
  /** What a page must never do: errors of scripts and of the console, violations of its policy, requests to elsewhere. */
  readonly faults: readonly string[]
}

/** A page of its own profile, whose every fault is noted. Closed after the test. */
export async function openPage(
  t: TestContext,
  browser: Browser,
  {
    url,
    width = 1280,
    height = 860,
    dark = false,
  }: { readonly url: string; readonly width?: number; readonly height?: number; readonly dark?: boolean },
): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    timezoneId: 'UTC',
  })
  t.after(() => context.close())
  const page = await context.newPage()
  const faults: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
  const { origin } = new URL(url)
  page.on('request', (request) => {
    const { protocol, origin: to } = new URL(request.url())
    if (to !== origin && protocol !== 'data:') faults.push(`request: ${request.url()}`)
  })
  await page.exposeFunction('noteViolation', (what: string) => faults.push(`policy: ${what}`))
  // As text: it is compiled for Node here, and runs in the page.
  await page.addInitScript(
    `addEventListener('securitypolicyviolation', (event) => noteViolation(event.violatedDirective + ' ' + event.blockedURI))`,
  )
  await page.goto(url)
  return { page, faults }
}
