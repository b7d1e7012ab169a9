import { confirm } from './confirm.ts'
import { keepToken, send } from './connection.ts'
import { fill, h, set, toggle, write } from './dom.ts'
import { statelyButton } from './stately-button.ts'
import type { ViewName } from '../protocol.ts'
import type { Store } from './store.ts'
import { themePicker } from './theme.ts'
import { tell } from './toast.ts'
import type { View } from './view.ts'

export interface Shell {
  draw(): void
  /** The one that is seen. */
  readonly view: ViewName
  onView(listener: () => void): void
}

/** What is around the views: where one is, how it stands, and whether one is connected. */
export function createShell(store: Store, views: readonly View[]): Shell {
  const links = views.map(({ id, title }) => h('a', { href: `#${id}` }, title))
  const badges = new Map(views.map(({ id }) => [id, h('span', { class: 'badge', hidden: true })]))
  for (const [at, link] of links.entries()) link.append(badges.get(views[at]?.id ?? 'overview') ?? '')
  const name = h('strong', { class: 'project' }, 'Pawl')
  const about = h('span', { class: 'about' })
  const state = h('span', { class: 'state-pill', role: 'status', 'aria-live': 'polite' })
  const stop = h('button', { type: 'button', class: 'quiet danger', onclick: () => void askStop() }, 'Stop…')
  const stately = statelyButton()
  const notice = h('div', { class: 'notice', role: 'alert', hidden: true })
  const main = h('main', { id: 'main', tabindex: '-1' })
  document.body.prepend(
    h('a', { class: 'skip', href: '#main' }, 'Skip to the content'),
    h(
      'header',
      {},
      h('img', { src: '/icon.svg', alt: '', width: 24, height: 24 }),
      h('span', { class: 'names' }, name, about),
      state,
      h('span', { class: 'gap' }),
      stately,
      themePicker(),
      stop,
    ),
    h('nav', { 'aria-label': 'Views' }, ...links),
    notice,
    main,
  )
  document.querySelector('.skip')?.addEventListener('click', (event) => {
    event.preventDefault()
    main.focus()
  })
  let shown: View | undefined
  let noticed = ''
  let viewed = (): void => {}
  addEventListener('hashchange', () => go())
  go()

  function go(): void {
    const id = location.hash.slice(1)
    const view = views.find((one) => one.id === id) ?? views[0]
    if (view === undefined || view === shown) return
    const isFirst = shown === undefined
    shown = view
    fill(main, view.element)
    document.title = `${view.title} · ${store.project?.name ?? 'Pawl'}`
    for (const [at, link] of links.entries()) {
      if (views[at] === view) link.setAttribute('aria-current', 'page')
      else link.removeAttribute('aria-current')
    }
    draw()
    viewed()
    if (!isFirst) main.focus({ preventScroll: true })
    scrollTo({ top: 0 })
  }

  async function askStop(): Promise<void> {
    const sure = await confirm(
      'Stop Pawl?',
      'Stop',
      h(
        'p',
        {},
        'It takes no more work, finishes what runs, and ends; what watches the process may start it again.',
      ),
    )
    if (sure) tell(await send({ type: 'stop' }), 'stopping')
  }

  function draw(): void {
    const { project, ended, connection } = store
    const live = connection === 'connected' && ended === undefined
    if (project !== undefined) {
      write(name, project.name)
      write(
        about,
        [
          `Pawl ${project.version}`,
          `schema ${project.schema}`,
          project.live ? `process ${project.pid}` : 'as stored',
          project.readOnly ? 'read-only' : '',
        ]
          .filter(Boolean)
          .join(' · '),
      )
    }
    write(state, live ? store.state : (ended?.state ?? connection))
    set(state, 'data-state', live ? store.state : (ended?.state ?? 'away'))
    toggle(stop, 'hidden', project?.readOnly !== false || !live)
    toggle(stately, 'hidden', project?.live !== true || !live)
    toggle(document.body, 'data-stale', !live && project !== undefined)
    drawNotice()
    drawBadges()
    shown?.draw(store)
  }

  function drawNotice(): void {
    const { connection, ended, project, dropped } = store
    const kind =
      connection === 'refused'
        ? 'refused'
        : connection === 'full'
          ? 'full'
          : ended !== undefined
            ? `ended ${ended.state} ${ended.error.join()}`
            : connection === 'reconnecting'
              ? `away ${project === undefined}`
              : dropped > 0 && connection === 'connected'
                ? `dropped ${dropped}`
                : ''
    if (kind === noticed) return
    noticed = kind
    notice.hidden = kind === ''
    if (kind === 'refused') return fill(notice, ...tokenForm())
    if (kind === 'full')
      return fill(notice, h('p', {}, 'As many pages look at this Pawl as may. This one tries again.'))
    if (kind.startsWith('dropped'))
      return fill(
        notice,
        h('p', {}, `This page was too slow for ${dropped} changes; it has caught up.`),
        h(
          'button',
          {
            type: 'button',
            class: 'quiet',
            onclick: () => {
              store.dropped = 0
              store.changed()
            },
          },
          'Hide',
        ),
      )
    if (ended !== undefined) {
      fill(
        notice,
        h(
          'p',
          {},
          h('strong', {}, ended.state === 'failed' ? 'Pawl has failed.' : 'Pawl has stopped.'),
          ' What is shown is how it was; this page comes back when it is started again with the same token.',
        ),
        ended.error.length > 0 && h('pre', { class: 'error' }, ended.error.join('\n')),
      )
    } else
      fill(
        notice,
        h(
          'p',
          {},
          h('strong', {}, 'Pawl does not answer.'),
          project === undefined ? ' Trying again…' : ' What is shown is how it was. Trying again…',
        ),
      )
  }

  function drawBadges(): void {
    const dead = (store.counts?.queue ?? []).reduce(
      (sum, one) => sum + (one.state === 'dead' ? one.count : 0),
      0,
    )
    const badge = badges.get('hooks')
    if (badge === undefined) return
    write(badge, dead === 0 ? '' : `${dead} dead`)
    toggle(badge, 'hidden', dead === 0)
  }

  return {
    draw,
    get view() {
      return shown?.id ?? 'overview'
    },
    onView: (listener) => void (viewed = listener),
  }
}

function tokenForm(): Node[] {
  const input = h('input', {
    id: 'token',
    type: 'password',
    autocomplete: 'off',
    spellcheck: 'false',
    required: true,
  })
  const form = h(
    'form',
    {},
    h('label', { for: 'token' }, 'Token'),
    h('div', { class: 'inline' }, input, h('button', { type: 'submit', class: 'primary' }, 'Look')),
  )
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    // Whoever pastes the whole address means its token.
    keepToken(input.value.trim().replace(/^.*#token=/, ''))
    location.reload()
  })
  return [
    h(
      'p',
      {},
      h('strong', {}, 'The token is missing, or not the right one.'),
      ' It is new at each start. ',
      h('code', {}, 'pawl inspect'),
      ' prints the address with it.',
    ),
    form,
  ]
}
