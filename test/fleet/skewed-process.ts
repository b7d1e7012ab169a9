// A process that fires jobs, on a machine whose clock is wrong: `skewed-process.js <url> <ms that it is ahead>`. Started, and killed,
// by clock-skew.test.ts.
const [database = '', ahead = '0'] = process.argv.slice(2)
const Machine = Date
const now = (): number => Machine.now() + Number(ahead)
// Before anything that looks at the clock is loaded.
globalThis.Date = class extends Machine {
  constructor(...args: unknown[]) {
    if (args.length === 0) super(now())
    else super(...(args as [number]))
  }

  static override now(): number {
    return now()
  }
} as DateConstructor

const { createActor } = await import('xstate')
const { hook, pawl } = await import('pawl')

const root = createActor(
  pawl({
    database,
    roles: ['scheduler'],
    hooks: {
      note: hook({
        run: async ({ sql, firing: { origin } }) => {
          if (origin.type !== 'job') return
          await sql`insert into ran (job, fire_time, ahead) values (${origin.job}, ${origin.fireTime ?? null}, ${ahead})`
        },
      }),
    },
    jobs: {
      interval: { hook: 'note', interval: 1, coalesce: false, maxInstances: 100 },
      crontab: { hook: 'note', crontab: '* * * * * *', coalesce: false, maxInstances: 100 },
    },
  }),
)
root.subscribe({ error: (error) => console.error(error), complete: () => process.disconnect() })
process.on('message', () => root.send({ type: 'STOP' }))
// Whoever started it is gone.
process.on('disconnect', () => setTimeout(() => process.exit(), 10_000).unref())
root.start()
