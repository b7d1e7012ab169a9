import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import { hook } from 'pawl'
import type { FireOptions } from '../../src/hooks/fire-options.ts'
import { startRoot } from './running-root.ts'

// A full disk, for what becomes of the first firing and for nothing else.
test(
  'what comes after a firing whose failure cannot be stored waits for it',
  { timeout: 60_000 },
  async (t) => {
    const ran: string[] = []
    const pay = hook({
      args: { n: v.number() },
      retry: { delay: 0.01 },
      run: (ctx, { n }) => {
        ran.push(`${n}, attempt ${ctx.firing.attempt}`)
        if (n === 1 && ran.length === 1) throw new Error('no answer\0')
      },
    })
    const { root, sql, state, event } = await startRoot(t, { hooks: { pay } })
    await state('synchronized')
    await sql.unsafe(`
    create sequence tries;
    create function pawl.full() returns trigger language plpgsql as $$
    begin
      if nextval('public.tries') < 2 then raise exception 'disk full' using errcode = '53100'; end if;
      return new;
    end $$;
    create trigger full_disk before update on pawl.firing for each row
      when (old.state = 'running' and new.state = 'queued') execute function pawl.full()`)
    const durable: FireOptions = { wait: false }
    for (const n of [1, 2])
      root.send({ type: 'FIRE_HOOK', hook: 'pay', args: { n }, id: String(n), ...durable } as never)
    await event('hook.finished', ({ firing }) => firing === '2')
    assert.deepEqual(ran, ['1, attempt 1', '1, attempt 2', '2, attempt 1'])
    const { error } = await event('hook.retrying')
    assert.match(String(error), /no answer/)
    const [tries] = await sql`select last_value::int as count from tries`
    assert.deepEqual(tries, { count: 2 })
  },
)
