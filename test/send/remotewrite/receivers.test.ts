/** Real receivers take what the writer sends: floats, staleness, histograms, exemplars, metadata. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { readConfig } from '../../../src/config/config.ts'
import type { NativeHistogram } from '../../../src/model/histogram.ts'
import { labelsFrom } from '../../../src/model/labels.ts'
import { STALE } from '../../../src/model/stale.ts'
import type { MetadataView } from '../../../src/model/target.ts'
import type { Parcel } from '../../../src/send/parcel.ts'
import { openRemoteWrite } from '../../../src/send/remotewrite/writer.ts'
import { WRITTEN, type Writer } from '../../../src/send/writer.ts'
import {
  freePort,
  missingComponents,
  startComponent,
  temporaryFolder,
  until,
} from '../../support/processes.ts'

const NEVER = new AbortController().signal
/** More than fit in one request. */
const SERIES_COUNT = 2049
const VALUES = [0, -0, 1, 0.1, -1e300, 5e-324, 2 ** 53, Infinity, -Infinity, NaN]
const nowMs = Date.now()

const families: MetadataView = {
  families: () => new Map([['sent_value', [{ type: 'gauge', help: 'what was sent', unit: '' }]]]),
  ofTargets: () => [],
}

function open(url: string): Writer {
  const yaml = `remote_write:
    - url: ${url}/api/v1/write
      send_exemplars: true
      send_native_histograms: true
      metadata_config: {send_interval: 50ms}`
  const entry = readConfig(yaml, '', {}).config?.remoteWrite[0]
  assert.ok(entry)
  const view = {
    labels: (id: number) =>
      labelsFrom([
        ['__name__', id === 0 ? 'sent_histogram' : 'sent_value'],
        ['i', String(id)],
        ['text', 'größe "und" \\ mehr'],
      ]),
    targetKey: () => '',
  }
  const deps = { clock: systemClock, metrics: new Metrics(), metadata: families }
  return openRemoteWrite(entry, deps)(view)
}

/** One value each, at a time before now. */
function rowOf(backMs: number, more: Partial<Parcel> = {}): Parcel {
  return {
    lane: 0,
    count: SERIES_COUNT,
    ids: Float64Array.from({ length: SERIES_COUNT }, (_, i) => i + 1),
    values: Float64Array.from({ length: SERIES_COUNT }, (_, i) => sentValue(i + 1)),
    timeMs: nowMs - backMs,
    times: undefined,
    histograms: [],
    exemplars: [],
    takenMs: 0,
    ...more,
  }
}

function sentValue(id: number): number {
  return id < VALUES.length ? VALUES[id] : id + id / 10
}

const HISTOGRAM: NativeHistogram = {
  schema: 1,
  isFloat: false,
  resetHint: 'unknown',
  zeroThreshold: 0.001,
  zeroCount: 2,
  count: 12,
  sum: Float64Array.of(18.4),
  positiveSpans: [
    { offset: 0, length: 2 },
    { offset: 1, length: 2 },
  ],
  positiveCounts: Float64Array.of(1, 2, 1, 1),
  negativeSpans: [{ offset: 0, length: 2 }],
  negativeCounts: Float64Array.of(3, 2),
  customValues: new Float64Array(0),
}

async function ask(url: string): Promise<never> {
  const reply = await fetch(url)
  const text = await reply.text()
  assert.equal(reply.status, 200, text)
  return JSON.parse(text) as never
}

test('Prometheus stores all of it', {
  skip: missingComponents('prometheus') ?? false,
}, async () => {
  const folder = temporaryFolder('receiver')
  writeFileSync(
    join(folder.path, 'prometheus.yml'),
    'storage: {exemplars: {max_exemplars: 1000}}\n',
  )
  const port = await freePort()
  const prometheus = await startComponent(
    'prometheus',
    [
      `--config.file=${folder.path}/prometheus.yml`,
      `--storage.tsdb.path=${folder.path}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-remote-write-receiver',
      '--enable-feature=exemplar-storage,native-histograms',
    ],
    port,
    '/-/ready',
  )
  const writer = open(prometheus.url)
  try {
    const exemplar = {
      labels: labelsFrom([['trace_id', 'abc']]),
      value: 0.25,
      timeMs: nowMs - 60_000,
    }
    const first = rowOf(60_000, {
      histograms: [{ id: 0, timeMs: nowMs - 60_000, histogram: HISTOGRAM }],
      exemplars: [{ id: 12, exemplar }],
    })
    const last = rowOf(30_000, {
      count: 2,
      ids: Float64Array.of(11, 12),
      values: Float64Array.of(STALE[0], 7),
    })
    new Uint32Array(last.values.buffer).set(new Uint32Array(STALE.buffer), 0)
    for (const parcel of [first, last]) {
      assert.deepEqual(await writer.write([parcel], NEVER), WRITTEN)
    }
    const query = (expression: string, timeMs = nowMs): Promise<{ data: { result: unknown[] } }> =>
      ask(
        `${prometheus.url}/api/v1/query?time=${timeMs / 1000}&query=${encodeURIComponent(expression)}`,
      )
    const found = new Map<number, [number, string][]>()
    for (const each of (await query('sent_value[5m]')).data.result) {
      const { metric, values } = each as {
        metric: Record<string, string>
        values: [number, string][]
      }
      assert.equal(metric.text, 'größe "und" \\ mehr')
      found.set(Number(metric.i), values)
    }
    assert.equal(found.size, SERIES_COUNT)
    for (const [id, values] of found) {
      const sent = [[(nowMs - 60_000) / 1000, sentValue(id)]]
      if (id === 12) sent.push([(nowMs - 30_000) / 1000, 7])
      assert.deepEqual(
        values.map(([time, text]) => [time, numberOf(text)]),
        sent,
      )
    }
    assert.equal((await query('sent_value{i="11"}', nowMs - 31_000)).data.result.length, 1)
    assert.equal((await query('sent_value{i="11"}')).data.result.length, 0, 'the series is stale')

    const [histogram] = (await query('sent_histogram')).data.result as [
      { histogram: [number, { count: string; sum: string; buckets: unknown[][] }] },
    ]
    const { count, sum, buckets } = histogram.histogram[1]
    assert.deepEqual([count, sum], ['12', '18.4'])
    assert.deepEqual(
      buckets.map((bucket) => Number(bucket[3])),
      [2, 3, 2, 1, 2, 1, 1],
    )
    const { data } = (await ask(
      `${prometheus.url}/api/v1/query_exemplars?query=sent_value&start=${nowMs / 1000 - 600}&end=${nowMs / 1000}`,
    )) as { data: { exemplars: unknown[] }[] }
    assert.deepEqual(data[0].exemplars, [
      { labels: { trace_id: 'abc' }, value: '0.25', timestamp: (nowMs - 60_000) / 1000 },
    ])
  } finally {
    await writer.close()
    await prometheus.stop()
    folder.remove()
  }
})

test('VictoriaMetrics stores floats and staleness markers', {
  skip: missingComponents('victoria-metrics') ?? false,
}, async () => {
  const folder = temporaryFolder('receiver')
  const port = await freePort()
  const victoria = await startComponent(
    'victoria-metrics',
    [`-storageDataPath=${folder.path}`, `-httpListenAddr=127.0.0.1:${port}`],
    port,
    '/health',
  )
  const writer = open(victoria.url)
  try {
    assert.deepEqual(await writer.write([rowOf(60_000), rowOf(30_000)], NEVER), WRITTEN)
    const marker = rowOf(20_000, { count: 1, ids: Float64Array.of(12), values: STALE.slice() })
    assert.deepEqual(await writer.write([marker], NEVER), WRITTEN)
    const exported = async (): Promise<
      Map<number, { values: unknown[]; timestamps: number[] }>
    > => {
      const reply = await fetch(`${victoria.url}/api/v1/export?match[]=sent_value`)
      const text = (await reply.text()).replace(/[+-]?Inf(inity)?|NaN/g, 'null')
      const lines = text.split('\n').filter((line) => line !== '')
      return new Map(
        lines.map((line) => {
          const one = JSON.parse(line)
          return [Number(one.metric.i), one]
        }),
      )
    }
    // It makes what was written visible after a while.
    await fetch(`${victoria.url}/internal/force_flush`)
    await until('all series', async () => (await exported()).size >= SERIES_COUNT - 1)
    const all = await exported()
    for (let id = VALUES.length; id <= SERIES_COUNT; id++) {
      const sent = [nowMs - 60_000, nowMs - 30_000, ...(id === 12 ? [nowMs - 20_000] : [])]
      assert.deepEqual(all.get(id)?.timestamps, sent, `series ${id}`)
      for (const value of all.get(id)?.values.slice(0, 2) ?? []) {
        assert.ok(Math.abs(Number(value) - sentValue(id)) <= 1e-12 * sentValue(id))
      }
    }
    assert.equal(all.get(12)?.values[2], null, 'a staleness marker')
  } finally {
    await writer.close()
    await victoria.kill()
    folder.remove()
  }
})

/** A number as Go writes it. */
function numberOf(text: string): number {
  return text.endsWith('Inf') ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text)
}
