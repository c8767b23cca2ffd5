/** Trouble at random: every series arrives whole and in order, and the counters always add up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Parcel } from '../../src/send/parcel.ts'
import { sampleCountOf } from '../../src/send/parcel.ts'
import { WRITTEN, type WriteResult } from '../../src/send/writer.ts'
import { type FakeClock, fakeClock } from '../collect/clock.ts'
import {
  addsUp,
  appendRow,
  destinationOf,
  idsOf,
  RETRY,
  startTest,
  stop,
  type TestSending,
  targetLabels,
} from './support.ts'

/** A number from 0 to 1 that repeats with its seed. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

function later(clock: FakeClock, delayMs: number, result: WriteResult): Promise<WriteResult> {
  return new Promise((resolve) => clock.after(delayMs, () => resolve(result)))
}

test('C15: a receiver that flaps for ten minutes gets on every 30 s, and everything in the end', async () => {
  const clock = fakeClock()
  const { sending, writer, status } = await startTest(clock, [
    destinationOf('flapping', {}, { samplesPerSendMax: 20 }),
  ])
  const random = randomOf(7)
  const flapUntilMs = 600_000
  writer('flapping').answer = () => {
    const now = clock.monotonicMs()
    if (now >= flapUntilMs) return later(clock, 20, WRITTEN)
    const mood = Math.floor(now / 5000) % 4
    if (mood === 0) return later(clock, 50 * random(), WRITTEN)
    if (mood === 1) return later(clock, 20, RETRY)
    if (mood === 2) return later(clock, 30_000, HUNG)
    return RESET
  }
  const appender = sending.rows()
  const targets = Array.from({ length: 12 }, (_, i) =>
    idsOf(appender, targetLabels(`t${i}:1`, i === 0 ? 50 : 8)),
  )
  let writtenBefore = 0
  let longestMs = 0
  let progressMs = 0
  let round = 0
  while (clock.monotonicMs() < flapUntilMs) {
    if (clock.monotonicMs() >= round * 5000) {
      for (const ids of targets)
        appendRow(appender, clock.now(), ids, ids.fill.call(ids.slice(), round))
      round++
    }
    await clock.advance(1000)
    const { written } = status('flapping')
    assert.ok(addsUp(status('flapping')), JSON.stringify(status('flapping')))
    if (written > writtenBefore) progressMs = clock.monotonicMs()
    longestMs = Math.max(longestMs, clock.monotonicMs() - progressMs)
    writtenBefore = written
  }
  assert.ok(longestMs <= 30_000, `${longestMs} ms without progress`)
  await clock.advance(60_000)
  const end = status('flapping')
  assert.deepEqual([end.queued, end.dropped], [0, {}])
  assert.equal(end.written, end.received)
  const { series } = writer('flapping')
  assert.equal(series.size, 50 + 11 * 8)
  const wanted = Array.from({ length: round }, (_, i) => i)
  for (const list of series.values()) {
    assert.deepEqual(
      list.map((sample) => Number(sample.split(' ')[1])),
      wanted,
    )
  }
  await stop(clock, sending)
})

test('one request that can never be written holds up its own lanes only', async () => {
  const clock = fakeClock()
  const { sending, writer, status } = await startTest(clock, [destinationOf('a')])
  const appender = sending.rows()
  const targets = Array.from({ length: 40 }, (_, i) => idsOf(appender, targetLabels(`t${i}:1`, 4)))
  const poison = targets[0][0]
  writer('a').answer = (parcels: readonly Parcel[]) =>
    parcels.some((parcel) => parcel.ids.includes(poison)) ? RETRY : WRITTEN
  for (let i = 0; i < 40; i++) {
    for (const ids of targets) appendRow(appender, clock.now(), ids, [i, i, i, i])
    await clock.advance(5000)
  }
  const seen = [...writer('a').series.values()].filter((list) => list.length >= 38)
  assert.ok(seen.length >= 4 * 35, `${seen.length} series arrive in spite of it`)
  assert.equal(status('a').dropped.queue_full, undefined)
  assert.ok(addsUp(status('a')))
  await stop(clock, sending)
})

const HUNG: WriteResult = { outcome: 'retry', reason: 'timeout', message: 'time-out', afterMs: 0 }
const RESET: WriteResult = {
  outcome: 'retry',
  reason: 'connection',
  message: 'ECONNRESET',
  afterMs: 0,
}
const BUSY: WriteResult = {
  outcome: 'retry',
  reason: 'status_429',
  message: 'HTTP status 429',
  afterMs: 3000,
}

type Step =
  | { readonly kind: 'row'; readonly target: number }
  | { readonly kind: 'push'; readonly target: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'reload'; readonly samplesMax: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('row'), target: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('push'), target: fc.nat(5) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.nat(20_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('reload'),
      samplesMax: fc.integer({ min: 1, max: 40 }),
    }),
  },
) as fc.Arbitrary<Step>

async function play(steps: readonly Step[], luck: readonly number[]): Promise<void> {
  const clock = fakeClock()
  let at = 0
  const answer = (parcels: readonly Parcel[]): WriteResult | Promise<WriteResult> => {
    const dice = luck[at++ % luck.length]
    if (dice < 3) return WRITTEN
    if (dice < 6) return RETRY
    if (dice === 6) return later(clock, 700, RETRY)
    if (dice === 7) return BUSY
    const samples = parcels.reduce((sum, parcel) => sum + sampleCountOf(parcel), 0)
    return dice === 8 ? later(clock, 1300, WRITTEN) : later(clock, samples, WRITTEN)
  }
  const testing = await startTest(clock, [destinationOf('a', {}, { samplesPerSendMax: 12 })], {
    answer,
  })
  const { sending, status } = testing
  const rows = sending.rows()
  const pushed = sending.pushed()
  const sizes = [1, 3, 4, 9, 12, 30]
  const targets = sizes.map((size, i) => idsOf(rows, targetLabels(`t${i}:1`, size)))
  const sent = new Map<number, number>()
  for (const each of steps) {
    if (each.kind === 'wait') await clock.advance(each.ms)
    else if (each.kind === 'reload') {
      await sending.apply([destinationOf('a', {}, { samplesPerSendMax: each.samplesMax })], [])
    } else {
      const count = sent.get(each.target) ?? 0
      sent.set(each.target, count + 1)
      const ids = targets[each.target]
      const appender = each.kind === 'row' ? rows : pushed
      const outcomes = appendRow(
        appender,
        clock.now() + count,
        ids,
        new Float64Array(ids.length).fill(count),
      )
      assert.ok(outcomes.every((outcome) => outcome === 0))
      await appender.commit()
    }
    assert.ok(addsUp(status('a')))
  }
  at = 0
  for (const writer of testing.opened.get('a') ?? []) writer.answer = () => WRITTEN
  await clock.advance(60_000)
  assert.ok(addsUp(status('a')))
  assert.deepEqual(status('a').dropped, {})
  assert.equal(status('a').queued, 0)
  checkArrived(testing, sizes, sent)
  assert.match(testing.metrics.render(), /narthex_send_rows_lent 0\n/)
  await stop(clock, sending)
}

/** Each series has each of its samples once, in order, over all writers that were opened. */
function checkArrived(
  testing: TestSending,
  sizes: readonly number[],
  sent: ReadonlyMap<number, number>,
): void {
  for (const [target, count] of sent) {
    for (let i = 0; i < sizes[target]; i++) {
      const key = `m${i}{instance="t${target}:1", job="node"}`
      const arrived = (testing.opened.get('a') ?? []).flatMap(({ series }) => series.get(key) ?? [])
      assert.deepEqual(
        arrived.map((sample) => Number(sample.split(' ')[1])),
        Array.from({ length: count }, (_, n) => n),
        key,
      )
    }
  }
}

test('whatever a receiver answers, each series arrives whole and in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 40 }),
      fc.array(fc.nat(9), { minLength: 1, maxLength: 20 }),
      play,
    ),
    { numRuns: 60, seed: 4711 },
  )
})
