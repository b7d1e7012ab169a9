import { createActor, waitFor } from 'xstate'
import type { Address } from 'viem'
import { defineConfig, pawl } from 'pawl'
import { evm } from 'pawl/evm'
import { EVENT_TABLE, transferEvent } from './by-hand.ts'

interface PawlRun {
  readonly database: string
  readonly url: string
  readonly emitter: Address
  readonly head: number
}

/** The same rows by Pawl. @returns ms from `syncing` to the head's commit */
export async function indexByPawl({ database, url, emitter, head }: PawlRun): Promise<number> {
  const root = createActor(
    pawl(
      defineConfig({
        database,
        on_reindex: async ({ sql }) => {
          await sql.unsafe(EVENT_TABLE)
        },
        indexes: {
          events: {
            datasource: evm({ url, logs: [{ address: emitter, event: transferEvent }] }),
            handler: async ({ sql }, { level, timestamp, logs }) => {
              if (logs.length === 0) return
              const at = new Date(timestamp * 1_000)
              await sql`insert into event ${sql(
                logs.map(({ logIndex, args: { from, to, value } }) => ({
                  level,
                  log_index: logIndex,
                  at,
                  from,
                  to,
                  value: String(value),
                })),
              )}`
            },
          },
        },
      }),
    ),
  )
  let started = 0
  const done = new Promise<number>((resolve, reject) => {
    root.on('lifecycle', ({ state }) => {
      if (state === 'syncing' && started === 0) started = performance.now()
    })
    root.on('index.progress', ({ level }) => {
      if (level === head) resolve(performance.now() - started)
    })
    root.on('index.failed', ({ error }) => reject(error as Error))
    root.subscribe({ error: reject })
  })
  root.start()
  const time = await done
  root.send({ type: 'STOP' })
  await waitFor(root, ({ status }) => status !== 'active')
  return time
}
