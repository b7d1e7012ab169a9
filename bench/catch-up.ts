import { indexByHand } from './by-hand.ts'
import { indexByPawl } from './by-pawl.ts'
import { buildEventChain } from './event-chain.ts'
import { median, printTable, rate } from './print-table.ts'
import type { BenchServer } from './server.ts'

const ROUNDS = 7

/** Catching up with a trivial handler, against a loop written by hand: the same rows in the same transactions. */
export async function catchUp(server: BenchServer): Promise<void> {
  await compare(server, {
    title: 'catch-up, all levels final: many levels a transaction, nothing journalled',
    slotsInAnEpoch: 1,
    levels: 200,
  })
  await compare(server, {
    title: 'catch-up, no level final: a transaction a level, journalled',
    slotsInAnEpoch: 400,
    levels: 1,
  })
}

interface Comparison {
  readonly title: string
  readonly slotsInAnEpoch: number
  readonly levels: number
}

async function compare(server: BenchServer, { title, slotsInAnEpoch, levels }: Comparison): Promise<void> {
  const chain = await buildEventChain({ blocks: 500, perBlock: 80, slotsInAnEpoch })
  const { anvil, emitter, head, events } = chain
  const hand: number[] = []
  const ours: number[] = []
  // Interleaved, so that a slow minute of the machine hits both; the first round warms both up and does not count.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const byHand = await indexByHand({
      database: await server.create(),
      url: anvil.url,
      emitter,
      head,
      levels,
    })
    const byPawl = await indexByPawl({ database: await server.create(), url: anvil.url, emitter, head })
    if (round === 0) continue
    hand.push(byHand)
    ours.push(byPawl)
  }
  await anvil.stop()
  const ratios = hand.map((time, round) => time / (ours[round] ?? Number.NaN))
  printTable(title, [
    ['', 'blocks/s', 'events/s', 'median ms'],
    ['by hand', rate(head, median(hand)), rate(events, median(hand)), median(hand).toFixed(0)],
    ['Pawl', rate(head, median(ours)), rate(events, median(ours)), median(ours).toFixed(0)],
    [
      'ratio',
      median(ratios).toFixed(2),
      `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`,
      '',
    ],
  ])
}
