/** The querier: where questions are answered, and how they end when they must. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Clock, systemClock } from '../../../src/base/clock.ts'
import { type ErrorKind, NarthexError } from '../../../src/base/error.ts'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import type { Answer, AskOptions, LabelQuery, Query } from '../../../src/model/querier.ts'
import { ENGINE_DEFAULTS } from '../../../src/query/engine/evaluate.ts'
import { type QueryHostOptions, startQueryHost } from '../../../src/query/host/host.ts'
import { QUERY_LIMITS, type QueryLimits } from '../../../src/query/host/limits.ts'
import { WORKER_IDLE_MS_MAX } from '../../../src/query/host/pool.ts'
import { MemoryQueryable } from './memory.ts'
import type { TestStore } from './testworker.ts'

const SHAPE = { seriesCount: 300, samplesPerSeries: 600, intervalMs: 15_000 }
const HOUR_MS = 3_600_000

/** No work takes time on it; whoever asks for the wall clock, which may jump, fails. */
const standingClock: Clock = {
  now: () => assert.fail('durations and deadlines are not measured on the wall clock'),
  monotonicMs: () => 0,
  after: (delayMs, callback) => systemClock.after(delayMs, callback),
}

const hosts: { stop(): Promise<void> }[] = []
after(() => Promise.all(hosts.map((host) => host.stop())))

function startHost(
  limits: Partial<QueryLimits> = {},
  mischief: TestStore['mischief'] = 'none',
  others: Partial<QueryHostOptions> = {},
) {
  const seen = new SharedArrayBuffer(8)
  const metrics = new Metrics()
  const data: TestStore = { shape: SHAPE, mischief, seen }
  const host = startQueryHost({
    queryable: new MemoryQueryable(SHAPE),
    engine: ENGINE_DEFAULTS,
    limits: { ...QUERY_LIMITS, concurrencyMax: 1, ...limits },
    workerFile: new URL('testworker.ts', import.meta.url),
    makeWorkerData: () => ({ data, transfer: [] }),
    metrics,
    log: silentLog,
    clock: standingClock,
    ...others,
  })
  const counts = new Int32Array(seen)
  const started = {
    query: (query: Query, ask: Partial<AskOptions> = {}) => host.query(query, askOf(ask)),
    labels: (query: LabelQuery, ask: Partial<AskOptions> = {}) => host.labels(query, askOf(ask)),
    stop: async () => host.stop(),
    /** Resolves when a worker has begun its n-th read. */
    async reads(count: number): Promise<void> {
      for (let now = Atomics.load(counts, 0); now < count; now = Atomics.load(counts, 0)) {
        await Atomics.waitAsync(counts, 0, now).value
      }
    },
    workersStarted: () => Atomics.load(counts, 1),
    metric: (name: string) =>
      Number(
        metrics
          .render()
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.slice(name.length + 1),
      ),
  }
  hosts.push(started)
  return started
}

function askOf(ask: Partial<AskOptions>): AskOptions {
  return { timeoutMs: 30_000, signal: new AbortController().signal, ...ask }
}

function instant(expr: string, timeMs = HOUR_MS): Query {
  return { expr, fromMs: timeMs, toMs: timeMs }
}

/** Much work, so that it goes to a worker. */
const LARGE: Query = {
  expr: 'sum(rate(m[5m]))',
  fromMs: HOUR_MS,
  toMs: 2 * HOUR_MS,
  stepMs: 15_000,
}

async function jsonOf(
  answer: Promise<Answer>,
): Promise<{ status: string; data: never; warnings?: string[] }> {
  return JSON.parse(Buffer.from((await answer).body).toString())
}

function refusal(kind: ErrorKind, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof NarthexError, String(error))
    assert.match(error.message, message)
    assert.equal(error.kind, kind)
    return true
  }
}

test('a small query is answered on the calling thread, without a worker', async () => {
  const host = startHost()
  assert.deepEqual(await jsonOf(host.query(instant('m{i="7"}'))), {
    status: 'success',
    data: {
      resultType: 'vector',
      result: [{ metric: { __name__: 'm', i: '7' }, value: [3600, '240'] }],
    },
  })
  assert.equal(host.workersStarted(), 0)
  assert.equal(host.metric('narthex_query_total{thread="main"}'), 1)
})

test('a large query is answered by a worker, with the same bytes as without one', async () => {
  const host = startHost()
  const alone = startHost({ concurrencyMax: 0 })
  const [body, same] = await Promise.all([host.query(LARGE), alone.query(LARGE)])
  assert.deepEqual(body.body, same.body)
  assert.equal(host.workersStarted(), 1)
  assert.equal(host.metric('narthex_query_total{thread="worker"}'), 1)
  assert.equal(host.metric('prometheus_engine_query_duration_seconds_count{slice="inner_eval"}'), 1)
  assert.ok(host.metric('prometheus_engine_query_samples_total') > 0)
  assert.ok(host.metric('narthex_query_memory_bytes_sum') > 0)
  assert.equal(host.metric('narthex_query_limit{limit="pointsMax"}'), 11_000)
})

test('a pattern that tests values one by one is a worker’s, one that is a set is not', async () => {
  const host = startHost()
  await host.query(instant('m{i=~"7|8"}'))
  assert.equal(host.metric('narthex_query_total{thread="worker"}'), Number.NaN)
  await host.query(instant('m{i=~".*7"}'))
  assert.equal(host.metric('narthex_query_total{thread="worker"}'), 1)
})

test('what takes longer than expected on the calling thread starts again in a worker', async () => {
  const source = new MemoryQueryable(SHAPE)
  let nowMs = 0
  const clock: Clock = { ...standingClock, monotonicMs: () => nowMs }
  const host = startHost({}, 'none', { queryable: source, clock })
  const reads = 20
  const sum = Array.from({ length: reads }, (_, i) => `count(m{i="${i}"})`).join(' + ')
  const series: LabelQuery = { kind: 'series', sets: [], fromMs: 0, toMs: HOUR_MS, limit: 1 }
  for (const [readMs, mainCount, workerCount, workersStarted] of [
    [1, 1, Number.NaN, 0],
    [2, 1, 1, 1],
  ]) {
    source.onRead = () => {
      nowMs += readMs
    }
    const { data } = await jsonOf(host.query(instant(sum)))
    const result = [{ metric: {}, value: [3600, String(reads)] }]
    assert.deepEqual((data as { result: unknown[] }).result, result)
    assert.equal(host.metric('narthex_query_total{thread="main"}'), mainCount)
    assert.equal(host.metric('narthex_query_total{thread="worker"}'), workerCount)
    assert.deepEqual((await jsonOf(host.labels(series))).data, [{ __name__: 'm', i: '0' }])
    assert.equal(host.workersStarted(), workersStarted)
  }
})

test('without workers a query ends at its time-out', async () => {
  const source = new MemoryQueryable(SHAPE)
  let nowMs = 0
  const clock: Clock = { ...standingClock, monotonicMs: () => nowMs }
  const host = startHost({ concurrencyMax: 0 }, 'none', { queryable: source, clock })
  source.onRead = () => {
    nowMs += 1000
  }
  await host.query(instant('m'), { timeoutMs: 1000 })
  const late = host.query(instant('m'), { timeoutMs: 999 })
  await assert.rejects(late, refusal('timeout', /timed out/))
})

test('statistics, a limit and another lookback are honoured', async () => {
  const host = startHost()
  const { data, warnings } = await jsonOf(host.query({ ...instant('m'), limit: 2, stats: true }))
  assert.equal((data as { result: unknown[] }).result.length, 2)
  assert.equal(
    (data as { stats: { samples: { totalQueryableSamples: number } } }).stats.samples
      .totalQueryableSamples,
    300,
  )
  assert.deepEqual(warnings, ['results truncated due to limit'])
  const late = instant('count(m)', 600 * 15_000 + HOUR_MS)
  assert.deepEqual((await jsonOf(host.query(late))).data, { resultType: 'vector', result: [] })
  const found = await jsonOf(host.query({ ...late, lookbackMs: 2 * HOUR_MS }))
  assert.equal((found.data as { result: unknown[] }).result.length, 1)
})

test('labels come from the store, cut with a warning', async () => {
  const host = startHost({ labelSeriesMax: 3 })
  const range = { sets: [], fromMs: 0, toMs: HOUR_MS }
  const names = await jsonOf(host.labels({ kind: 'names', ...range, limit: 0 }))
  assert.deepEqual(names, { status: 'success', data: ['__name__', 'i'] })
  const cut = { status: 'success', warnings: ['results truncated due to limit'] }
  const values: LabelQuery = { kind: 'values', name: 'i', ...range, limit: 2 }
  assert.deepEqual(await jsonOf(host.labels(values)), { ...cut, data: ['0', '1'] })
  const sets = [[{ name: 'i', op: '=~', value: '1.*' } as const]]
  const series = await jsonOf(host.labels({ kind: 'series', ...range, sets, limit: 0 }))
  const wanted = ['1', '10', '11'].map((i) => ({ __name__: 'm', i }))
  assert.deepEqual(series, { ...cut, data: wanted })
  assert.equal(host.workersStarted(), 1, 'a pattern goes to a worker')
})

for (const [name, query, kind, message] of [
  ['text that does not parse', instant('m{'), 'bad_data', /^1:3: parse error: unexpected end/],
  ['too long a text', instant(`m${' '.repeat(17_000)}`), 'bad_data', /at most 16384/],
  [
    'too many points',
    { ...instant('m'), fromMs: 0, toMs: 11_001_000, stepMs: 1_000 },
    'bad_data',
    /^exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution \(\?step=XX\)$/,
  ],
] as const) {
  test(`${name} is refused`, async () => {
    const host = startHost()
    await assert.rejects(host.query(query), refusal(kind, message))
    assert.equal(host.metric(`narthex_query_failures_total{reason="${kind}"}`), 1)
    assert.equal(host.metric('prometheus_engine_queries'), 0)
  })
}

test('samples are estimated before they are read', async () => {
  const host = startHost({ samplesMax: 10_000 })
  const message = /^query processing would load too many samples into memory in query execution/
  await assert.rejects(host.query(LARGE), refusal('limit', message))
  await assert.rejects(
    host.query({ ...LARGE, expr: 'sum(rate(m{i=~".*"}[5m]))' }),
    refusal('limit', message),
  )
})

test('memory is accounted by the engine itself', async () => {
  const host = startHost({ memoryBytesMax: 100_000 })
  const message = /needs \d+ bytes of memory, at most 100000 \(--query.max-memory\)/
  await assert.rejects(host.query({ ...LARGE, expr: 'm' }), refusal('limit', message))
})

test('a client that leaves ends its query, and the worker takes the next one', async () => {
  const host = startHost({}, 'spin politely')
  const client = new AbortController()
  const left = host.query(LARGE, { signal: client.signal })
  await host.reads(1)
  client.abort()
  await assert.rejects(left, refusal('canceled', /was canceled/))
  const next = host.query(LARGE, { timeoutMs: 50 })
  await assert.rejects(next, refusal('timeout', /timed out/))
  assert.equal(host.workersStarted(), 1)
  const gone = AbortSignal.abort()
  await assert.rejects(host.query(LARGE, { signal: gone }), refusal('canceled', /was canceled/))
})

test('a worker that does not listen is ended, and the next query gets a new one', async () => {
  const host = startHost({}, 'spin')
  const client = new AbortController()
  const left = host.query(LARGE, { signal: client.signal })
  await host.reads(1)
  client.abort()
  await assert.rejects(left, refusal('canceled', /was canceled/))
  const second = assert.rejects(host.query(LARGE), refusal('busy', /is stopping/))
  await host.reads(2)
  assert.equal(host.workersStarted(), 2)
  assert.equal(host.metric('narthex_query_worker_deaths_total'), 1)
  await host.stop()
  await second
})

for (const [mischief, kind, message] of [
  ['exit', 'execution', /its worker has ended/],
  ['fill the heap', 'execution', /its worker has ended: .*memory/],
] as const) {
  test(`a worker that dies (${mischief}) answers its query, and another takes over`, async () => {
    const host = startHost({ workerHeapMebibytesMax: 24 }, mischief)
    await assert.rejects(host.query(LARGE), refusal(kind, message))
    await assert.rejects(host.query(LARGE), refusal(kind, message))
    assert.equal(host.workersStarted(), 2)
    assert.equal(host.metric('narthex_query_worker_deaths_total'), 2)
    await host.query(instant('m'))
  })
}

for (const [name, worker] of [
  ['its program is not there', { workerFile: new URL('nowhere.ts', import.meta.url) }],
  [
    'the store has no data for it',
    {
      makeWorkerData() {
        throw new Error('the store is closed')
      },
    },
  ],
] as const) {
  test(`a worker that cannot start because ${name} answers every query with an error`, async () => {
    const host = startHost({}, 'none', worker)
    const message = /its worker has ended: (Cannot find module|the store is closed)/
    const refused = (): Promise<void> =>
      assert.rejects(host.query(LARGE), refusal('execution', message))
    await Promise.all([refused(), refused(), refused()])
    await host.query(instant('m'))
  })
}

test('a fault of the program ends one query only', async () => {
  const host = startHost({}, 'bug')
  const message = /^cannot run query: not a function$/
  await assert.rejects(host.query(LARGE), refusal('execution', message))
  await assert.rejects(host.query(LARGE), refusal('execution', message))
  assert.equal(host.workersStarted(), 1)
})

test('a worker without a job is given up after a while, and started again when needed', async () => {
  const idle: (() => void)[] = []
  const clock: Clock = {
    ...standingClock,
    after(delayMs, callback) {
      if (delayMs !== WORKER_IDLE_MS_MAX) return systemClock.after(delayMs, callback)
      idle.push(callback)
      return { cancel: () => idle.splice(0) }
    },
  }
  const host = startHost({}, 'none', { clock })
  await host.query(LARGE)
  await host.query(LARGE)
  assert.equal(host.metric('narthex_query_workers'), 1)
  assert.equal(idle.length, 1)
  idle[0]()
  assert.equal(host.metric('narthex_query_workers'), 0)
  await host.query(LARGE)
  assert.equal(host.workersStarted(), 2)
  assert.equal(host.metric('narthex_query_worker_deaths_total'), 0)
})

test('the queue is bounded in length and in time', async () => {
  const host = startHost({ queueLengthMax: 1, queueMsMax: 30 }, 'spin politely')
  const running = assert.rejects(host.query(LARGE), refusal('busy', /is stopping/))
  await host.reads(1)
  const waiting = host.query(LARGE)
  await assert.rejects(host.query(LARGE), refusal('busy', /1 queries wait already, at most 1/))
  assert.equal(host.metric('narthex_query_queue_length'), 1)
  await assert.rejects(waiting, refusal('busy', /no worker was free for 0.03 s/))
  assert.equal(host.metric('narthex_query_queue_length'), 0)
  const client = new AbortController()
  const leaving = host.query(LARGE, { signal: client.signal })
  client.abort()
  await assert.rejects(leaving, refusal('canceled', /was canceled/))
  await host.stop()
  await running
  await assert.rejects(host.query(LARGE), refusal('busy', /is stopping/))
})

test('what the store warns of stands in every answer, ten texts at most', async () => {
  const warnings = Array.from({ length: 25 }, (_, i) => `cannot read block ${i}`)
  const wanted = [...warnings.slice(0, 10), '15 more warning annotations omitted']
  const shape = { ...SHAPE, warnings: [...warnings, ...warnings] }
  const makeWorkerData: QueryHostOptions['makeWorkerData'] = () => ({
    data: { shape, mischief: 'none', seen: new SharedArrayBuffer(8) } satisfies TestStore,
    transfer: [],
  })
  const host = startHost({}, 'none', { queryable: new MemoryQueryable(shape), makeWorkerData })
  const range = { fromMs: 0, toMs: HOUR_MS, limit: 0 }
  const all = [[{ name: '__name__', op: '=', value: 'm' }]] as const
  const costly = [[{ name: 'i', op: '!~', value: '' }]] as const
  for (const answer of [
    host.query(instant('m{i="7"}')),
    host.query(LARGE),
    ...[all, costly].flatMap((sets) => [
      host.labels({ kind: 'series', sets, ...range }),
      host.labels({ kind: 'names', sets, ...range }),
      host.labels({ kind: 'values', name: 'i', sets, ...range }),
    ]),
  ]) {
    const { status, warnings: seen } = await jsonOf(answer)
    assert.deepEqual([status, seen], ['success', wanted])
  }
})
