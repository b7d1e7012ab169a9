import { follow, takeToken } from './connection.ts'
import { createShell } from './shell.ts'
import { Store } from './store.ts'
import { keepTimes } from './time-text.ts'
import { actorsView } from './views/actors.ts'
import { chartsView } from './views/charts.ts'
import { eventsView } from './views/events.ts'
import { hooksView } from './views/hooks.ts'
import { jobsView } from './views/jobs.ts'
import { overviewView } from './views/overview.ts'

/** ms. Whoever comes back sooner finds the page as it was left. */
const SOON_BACK = 5_000

takeToken()
const store = new Store()
const follower = follow({
  message: (message) => store.hear(message),
  state: (state) => store.connectionIs(state),
})
const shell = createShell(store, [
  overviewView(store),
  chartsView(store),
  actorsView(store),
  jobsView(store),
  hooksView(store),
  eventsView(store),
])
store.onChange(() => shell.draw())
keepTimes(store)

// What cannot be seen is not asked for: a page in the background costs nothing.
let leaving = 0
const look = (): void => {
  clearTimeout(leaving)
  if (document.hidden) leaving = setTimeout(() => follower.look(undefined), SOON_BACK)
  else follower.look(shell.view)
}
shell.onView(look)
document.addEventListener('visibilitychange', look)
look()
