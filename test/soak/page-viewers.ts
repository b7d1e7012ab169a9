import { get, type ClientRequest } from 'node:http'

/** ms. A page is opened so often, and stays so long: one to three at once, and now and then none. */
const OPENED_EVERY = 25_000
const STAYS = [15_000, 70_000, 5_000, 20_000, 45_000]
/** One page in so many stops to read for as long as it stays, as a laptop does that went to sleep. */
const SLEEPS_IN = 4

export interface PageViewers {
  /** All go; what they were told. */
  close(): {
    readonly viewers: number
    readonly messages: number
    readonly bytes: number
    /** Viewers that heard nothing at all. */
    readonly without: number
  }
}

/** People who open the inspector's page, look for a while, fall asleep over it, and go. `url` is the page's, with its token. */
export function pageViewers(url: string): PageViewers {
  const { hostname, port, hash } = new URL(url)
  const headers = { authorization: `Bearer ${hash.slice('#token='.length)}` }
  const open = new Set<ClientRequest>()
  let [viewers, messages, bytes, without] = [0, 0, 0, 0]

  function look(): void {
    const stays = STAYS[viewers % STAYS.length]
    viewers += 1
    const sleeps = viewers % SLEEPS_IN === 0
    let heard = 0
    const request = get({ hostname, port, path: '/api/stream', headers, agent: false }, (response) => {
      response.setEncoding('utf8').on('data', (part: string) => {
        bytes += part.length
        heard += part.split('\n\n').length - 1
        if (sleeps && heard > 0) response.pause()
      })
      response.on('error', () => {})
    })
    open.add(request)
    const leave = setTimeout(() => request.destroy(), stays)
    request.on('error', () => {})
    request.on('close', () => {
      clearTimeout(leave)
      if (!open.delete(request)) return
      messages += heard
      if (heard === 0) without += 1
    })
  }

  look()
  const timer = setInterval(look, OPENED_EVERY)
  return {
    close() {
      clearInterval(timer)
      for (const request of open) request.destroy()
      open.clear()
      return { viewers, messages, bytes, without }
    },
  }
}
