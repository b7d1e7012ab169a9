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

takeToken()
const store = new Store()
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
void follow({
  message: (message) => store.hear(message),
  state: (state) => store.connectionIs(state),
})
