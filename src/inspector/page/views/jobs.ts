import type { ShownJob, ShownJobDetails } from '../../shown.ts'
import { get, send } from '../connection.ts'
import { fill, h, set, toggle, write } from '../dom.ts'
import { count, duration, plural, shortTime } from '../format.ts'
import { KeyedList } from '../keyed-list.ts'
import type { Store } from '../store.ts'
import { ago, until } from '../time-text.ts'
import { tell } from '../toast.ts'
import type { View } from '../view.ts'

const SHOWN = 300

/** The jobs, what they did and when they fire next, and the buttons that change it. */
export function jobsView(store: Store): View {
  const filter = h('input', {
    type: 'search',
    placeholder: 'Filter by name or hook',
    'aria-label': 'Filter jobs',
    oninput: () => draw(),
  })
  const only = h(
    'select',
    { 'aria-label': 'Which jobs', onchange: () => draw() },
    ...['all', 'paused', 'with failures', 'with misses or skips'].map((name) =>
      h('option', { value: name }, name),
    ),
  )
  const total = h('span', { class: 'hint', role: 'status' })
  const rows = h('div', { class: 'jobs-list', role: 'list' })
  const list = new KeyedList<ShownJob>(rows, makeRow)
  const empty = h('p', { class: 'empty' })
  const element = h(
    'section',
    { class: 'jobs', 'aria-labelledby': 'jobs-title' },
    h('h1', { id: 'jobs-title' }, 'Jobs'),
    h('div', { class: 'bar' }, filter, only, h('span', { class: 'gap' }), total),
    empty,
    rows,
  )

  function draw(): void {
    const all = [...(store.jobs?.values() ?? [])]
    const wanted = filter.value.trim().toLowerCase()
    const found = all.filter(
      (job) => `${job.name} ${job.hook}`.toLowerCase().includes(wanted) && fits(job, only.value),
    )
    list.show(found.slice(0, SHOWN).map((job) => [job.name, job]))
    write(
      total,
      found.length > SHOWN
        ? `the first ${SHOWN} of ${count(found.length)}: filter to find others`
        : plural(found.length, 'job'),
    )
    toggle(empty, 'hidden', found.length > 0)
    write(
      empty,
      store.jobs === undefined
        ? 'The jobs are being read…'
        : all.length === 0
          ? 'There are no jobs.'
          : 'No job is like that.',
    )
  }

  function makeRow({ name }: ShownJob) {
    const words = h('span', { class: 'words' })
    const hook = h('span', { class: 'hook' })
    const next = h('span', {})
    const last = h('span', {})
    const counts = h('span', { class: 'counts' })
    const act = (type: 'runJob' | 'pauseJob' | 'resumeJob', done: string) => async (): Promise<void> => {
      tell(await send({ type, job: name }), done)
    }
    const run = h(
      'button',
      { type: 'button', onclick: () => void act('runJob', `asked for a firing of ${name}`)() },
      'Run',
    )
    const pause = h('button', { type: 'button', class: 'pause' }, 'Pause')
    pause.addEventListener('click', () => {
      const isPaused = store.jobs?.get(name)?.paused === true
      void act(isPaused ? 'resumeJob' : 'pauseJob', `${name} ${isPaused ? 'resumed' : 'paused'}`)()
    })
    const body = h('div', { class: 'job-details' })
    const opener = h('summary', {}, h('strong', {}, name), words)
    const disclosure = h('details', {}, opener, body)
    disclosure.addEventListener('toggle', () => {
      if (disclosure.open) void showDetails(name, body)
    })
    const row = h(
      'article',
      { class: 'job', role: 'listitem', 'aria-label': name },
      disclosure,
      h(
        'div',
        { class: 'job-facts' },
        hook,
        h('span', { class: 'fact' }, 'next ', next),
        h('span', { class: 'fact' }, 'last ', last),
        counts,
      ),
      h('div', { class: 'actions' }, run, pause),
    )
    let shown: ShownJob | undefined
    return {
      element: row,
      update(job: ShownJob) {
        write(words, job.words)
        set(words, 'title', job.schedule)
        write(hook, `fires ${job.hook}${job.added ? ' · added at run time' : ''}`)
        fill(
          next,
          job.paused
            ? h('em', {}, 'paused')
            : job.schedule === 'daemon'
              ? 'runs all the time'
              : until(job.next, store),
        )
        fill(last, ago(job.last, store, 'never'))
        fill(counts, ...countsOf(job))
        write(pause, job.paused ? 'Resume' : 'Pause')
        toggle(row, 'data-paused', job.paused)
        const cannot = store.project?.readOnly === true
        for (const button of [run, pause]) toggle(button, 'hidden', cannot)
        if (disclosure.open && shown !== undefined && changedMuch(shown, job)) void showDetails(name, body)
        shown = job
      },
    }
  }

  async function showDetails(name: string, body: HTMLElement): Promise<void> {
    const details = await get<ShownJobDetails>('/api/job', { name })
    const job = store.jobs?.get(name)
    if (details === undefined)
      return fill(body, h('p', { class: 'empty' }, 'Its history cannot be read now.'))
    const { now } = store
    fill(
      body,
      h('p', {}, h('code', {}, job?.schedule ?? '')),
      details.next.length > 0 &&
        h(
          'p',
          {},
          'Fires next: ',
          ...details.next.flatMap((time, at) => [
            at === 0 ? '' : ', ',
            h('span', { class: 'nowrap' }, shortTime(time, now)),
          ]),
        ),
      job?.lastError !== undefined &&
        h('div', { class: 'error' }, h('strong', {}, 'Last error: '), job.lastError),
      details.runs.length === 0
        ? h('p', { class: 'empty' }, 'It has not fired yet.')
        : h(
            'div',
            { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `History of ${name}` },
            h(
              'table',
              {},
              h(
                'thead',
                {},
                h(
                  'tr',
                  {},
                  ...['Fire time', 'Outcome', 'Took', 'Note'].map((head) => h('th', { scope: 'col' }, head)),
                ),
              ),
              h('tbody', {}, ...details.runs.map((run) => runRow(run, now))),
            ),
          ),
    )
  }

  return { id: 'jobs', title: 'Jobs', element, draw }
}

const changedMuch = (before: ShownJob, after: ShownJob): boolean =>
  JSON.stringify(before) !== JSON.stringify(after)

function fits({ paused, failed, missed, skipped }: ShownJob, which: string): boolean {
  if (which === 'paused') return paused
  if (which === 'with failures') return failed > 0
  return which === 'all' || missed + skipped > 0
}

function countsOf({ fired, coalesced, missed, skipped, failed, retried }: ShownJob): HTMLElement[] {
  const one = (value: number, name: string, tone = ''): HTMLElement[] =>
    value === 0 ? [] : [h('span', { class: `count ${tone}` }, `${count(value)} ${name}`)]
  return [
    h('span', { class: 'count' }, `${count(fired)} fired`),
    ...one(coalesced, 'coalesced'),
    ...one(retried, 'retried', 'warn'),
    ...one(missed, 'missed', 'warn'),
    ...one(skipped, 'skipped', 'warn'),
    ...one(failed, 'failed', 'bad'),
  ]
}

const OUTCOMES: Readonly<Record<string, string>> = {
  succeeded: 'good',
  failed: 'bad',
  lost: 'bad',
  missed: 'warn',
  skipped: 'warn',
  running: 'busy',
  due: 'busy',
}

function runRow(run: ShownJobDetails['runs'][number], now: number): HTMLElement {
  const { fireTime, status, startedAt, finishedAt, fireTimes, attempt, byHand, error } = run
  const took = startedAt === undefined || finishedAt === undefined ? '' : duration(finishedAt - startedAt)
  const notes = [
    byHand ? 'by hand' : '',
    fireTimes > 1 ? `for ${count(fireTimes)} fire times` : '',
    attempt > 1 ? `attempt ${attempt}` : '',
    error ?? '',
  ].filter(Boolean)
  return h(
    'tr',
    {},
    h('td', { class: 'nowrap' }, shortTime(fireTime, now)),
    h('td', {}, h('span', { class: `tag ${OUTCOMES[status] ?? ''}` }, status)),
    h('td', { class: 'number' }, took),
    h('td', { class: 'note' }, notes.join(' · ')),
  )
}
