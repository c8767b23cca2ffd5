/** The OpenTSDB writer before a receiver that is as strict as the real one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Labels, labelsFrom } from '../../../src/model/labels.ts'
import type { Parcel } from '../../../src/send/parcel.ts'
import { startHttpGate } from '../../support/httpgate.ts'
import { type Simulated, type SimulatedReply, startSimulated } from '../../support/simulated.ts'
import { openListed } from '../opened.ts'
import { type SuiteEnd, seriesKey, writerSuite } from '../writer.suite.ts'

const NEVER = new AbortController().signal
const TEXT = /^[\p{L}0-9\-_./]+$/u

interface Point {
  readonly metric: string
  readonly timestamp: number
  readonly value: number
  readonly tags: Record<string, string>
}

/** Keeps points; those that a real one refuses are counted as failed. */
async function startTsdb(stored: Map<string, [number, string][]>): Promise<Simulated> {
  return await startSimulated(({ method, url, headers, body }): SimulatedReply => {
    assert.equal(method, 'POST')
    assert.equal(url.pathname, '/api/put')
    assert.match(headers['content-type'] ?? '', /^application\/json/)
    const text = body.toString()
    // Digits without a point are read into 64 bits.
    for (const [, digits] of text.matchAll(/"value":(-?\d+)[,}]/g)) {
      assert.equal(BigInt.asIntN(64, BigInt(digits)), BigInt(digits))
    }
    const points = JSON.parse(text) as Point[]
    let failed = 0
    for (const point of points) {
      if (isGood(point)) keep(stored, point)
      else failed++
    }
    const summary = JSON.stringify({ success: points.length - failed, failed })
    return { status: failed === 0 ? 200 : 400, body: summary }
  })
}

/** @source OpenTSDB, /api/put and writing data */
function isGood({ metric, timestamp, value, tags }: Point): boolean {
  const texts = [metric, ...Object.entries(tags).flat()]
  if (!texts.every((text) => TEXT.test(text) && !/[\ud800-\udfff]/.test(text))) return false
  const count = Object.keys(tags).length
  if (count === 0 || count > 8) return false
  return Number.isFinite(value) && /^\d{10,13}$/.test(String(timestamp))
}

function keep(stored: Map<string, [number, string][]>, point: Point): void {
  const key = seriesKey([['__name__', point.metric], ...Object.entries(point.tags)])
  const shown = Object.is(point.value, -0) ? '0' : String(point.value)
  const others = (stored.get(key) ?? []).filter(([time]) => time !== point.timestamp)
  stored.set(key, [...others, [point.timestamp, shown]])
}

async function start(): Promise<SuiteEnd> {
  const stored = new Map<string, [number, string][]>()
  const server = await startTsdb(stored)
  const gate = await startHttpGate(server.url)
  return {
    open: (view) =>
      openListed(
        `type: opentsdb, url: "${gate.url}", queue_config: {max_samples_per_send: 1000}`,
        view,
      ),
    trouble: gate.trouble,
    read: async () => stored,
    async close() {
      gate.close()
      server.close()
    },
  }
}

const mapped = (text: string): string =>
  [...text].map((letter) => (TEXT.test(letter) && letter.length === 1 ? letter : '_')).join('')

writerSuite(undefined, start, {
  shown: {},
  labelsAt: (labels) =>
    labelsFrom(
      Array.from({ length: labels.length / 2 }, (_, i) => [
        mapped(labels[2 * i]),
        mapped(labels[2 * i + 1]),
      ]),
    ),
})

function parcelOf(count: number): Parcel {
  return {
    lane: 0,
    count,
    ids: Float64Array.from({ length: count }, (_, i) => i),
    values: new Float64Array(count).fill(2 ** 60),
    timeMs: 1_700_000_000_000,
    times: undefined,
    histograms: [],
    exemplars: [],
    takenMs: 0,
  }
}

test('series that look the same there, or cannot be named there, are counted', async (t) => {
  const stored = new Map<string, [number, string][]>()
  const server = await startTsdb(stored)
  t.after(() => server.close())
  const tags = (count: number): [string, string][] =>
    Array.from({ length: count }, (_, i) => [`t${i}`, 'v'])
  const all: Labels[] = [
    labelsFrom([['__name__', 'a:b']]),
    labelsFrom([['__name__', 'a_b']]),
    labelsFrom([['__name__', 'wide'], ...tags(8)]),
    labelsFrom([['__name__', 'wide'], ...tags(9)]),
    labelsFrom([['job', 'nameless']]),
    labelsFrom([
      ['__name__', 'twice'],
      ['a b', '1'],
      ['a_b', '2'],
    ]),
  ]
  const view = { labels: (id: number) => all[id], targetKey: () => '' }
  const writer = openListed(`type: opentsdb, url: "${server.url}"`, view)
  const wanted = new Map([
    ['collision', 2],
    ['too_many_tags', 1],
    ['no_name', 1],
  ])
  for (let i = 0; i < 2; i++) {
    const result = await writer.write([parcelOf(all.length)], NEVER)
    assert.ok(result.outcome === 'written')
    assert.deepEqual(result.refused, wanted)
  }
  assert.deepEqual([...stored.keys()].sort(), [
    seriesKey([
      ['__name__', 'a_b'],
      ['source', 'narthex'],
    ]),
    seriesKey([['__name__', 'wide'], ...tags(8)]),
  ])
  writer.forget([0])
  const later = await writer.write([parcelOf(2)], NEVER)
  assert.deepEqual(later.outcome === 'written' && [...later.refused], [['collision', 1]])
  writer.forget([0, 1])
  const other = { ...parcelOf(1), ids: Float64Array.of(1) }
  assert.deepEqual(await writer.write([other], NEVER), { outcome: 'written', refused: new Map() })
  await writer.close()
})

test('points that the server refuses are counted, the others written', async (t) => {
  const server = await startSimulated(() => ({ status: 400, body: '{"success":2,"failed":1}' }))
  t.after(() => server.close())
  const view = { labels: (id: number) => ['__name__', `m${id}`], targetKey: () => '' }
  const writer = openListed(`type: opentsdb, url: "${server.url}/"`, view)
  const result = await writer.write([parcelOf(3)], NEVER)
  assert.deepEqual(result, { outcome: 'written', refused: new Map([['status_400', 1]]) })
  await writer.close()
})
