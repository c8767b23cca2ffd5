import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { NarthexError } from '../../../src/base/error.ts'
import { serve } from '../../net/server/support.ts'
import { misfits } from '../openapi.ts'
import { allRoutes, NOW_MS, querier } from '../ports.ts'

const vector = {
  resultType: 'vector',
  result: [{ metric: { __name__: 'up' }, value: [NOW_MS / 1000, '1'] }],
}
const asked = querier(vector)
const server = await serve({ routes: allRoutes({ querier: asked }) })
after(() => server.server.stop())

async function json(path: string): Promise<{ status: number; body: never }> {
  const { status, text, headers } = await server.ask(path)
  assert.match(headers['content-type'] ?? '', /^application\/json/, path)
  return { status, body: JSON.parse(text) as never }
}

for (const [path, schema] of [
  ['query?query=up', 'QueryOutputBody'],
  ['query_range?query=up&start=1&end=2&step=1', 'QueryRangeOutputBody'],
  ['query_exemplars?query=up', 'QueryExemplarsOutputBody'],
  ['format_query?query=sum(up)by(x)', 'FormatQueryOutputBody'],
  ['parse_query?query=sum(rate(up[5m]))by(x)', 'ParseQueryOutputBody'],
  ['series?match[]=up', 'SeriesOutputBody'],
  ['labels', 'LabelsOutputBody'],
  ['metadata', 'MetadataOutputBody'],
  ['targets', 'TargetsOutputBody'],
  ['targets?state=dropped', 'TargetsOutputBody'],
  ['targets/metadata', 'TargetMetadataOutputBody'],
  ['scrape_pools', 'ScrapePoolsOutputBody'],
  ['rules', 'RulesOutputBody'],
  ['alerts', 'AlertsOutputBody'],
  ['alertmanagers', 'AlertmanagersOutputBody'],
  ['status/config', 'StatusConfigOutputBody'],
  ['status/flags', 'StatusFlagsOutputBody'],
  ['status/runtimeinfo', 'StatusRuntimeInfoOutputBody'],
  ['status/buildinfo', 'StatusBuildInfoOutputBody'],
  ['status/tsdb', 'StatusTSDBOutputBody'],
  ['status/walreplay', 'StatusWALReplayOutputBody'],
] as const) {
  test(`the answer has the shape that Prometheus describes: ${path}`, async () => {
    const { status, body } = await json(`/api/v1/${path}`)
    assert.equal(status, 200)
    assert.deepEqual(misfits(schema, body), [])
  })
}

test('a wrong shape is noticed by the check itself', () => {
  const body = { status: 'success', data: { activeTargets: [{}], droppedTargets: [] } }
  assert.notDeepEqual(misfits('TargetsOutputBody', body), [])
})

for (const [path, error] of [
  [
    'query?query=up&time=x',
    'invalid parameter "time": Invalid time value for \'time\': cannot parse "x" to a valid timestamp',
  ],
  ['query?query=up&timeout=x', 'invalid parameter "timeout": cannot parse "x" to a valid duration'],
  [
    'query?query=up&limit=x',
    'invalid parameter "limit": strconv.Atoi: parsing "x": invalid syntax',
  ],
  [
    'query?query=up&lookback_delta=x',
    'invalid parameter "lookback_delta": cannot parse "x" to a valid duration',
  ],
  ['query_range?query=up', 'invalid parameter "start": cannot parse "" to a valid timestamp'],
  ['query_range?query=up&start=1', 'invalid parameter "end": cannot parse "" to a valid timestamp'],
  [
    'query_range?query=up&start=x&end=1&step=1',
    'invalid parameter "start": cannot parse "x" to a valid timestamp',
  ],
  [
    'query_range?query=up&start=2&end=1&step=1',
    'invalid parameter "end": end timestamp must not be before start time',
  ],
  [
    'query_range?query=up&start=1&end=2',
    'invalid parameter "step": cannot parse "" to a valid duration',
  ],
  [
    'query_range?query=up&start=1&end=2&step=x',
    'invalid parameter "step": cannot parse "x" to a valid duration',
  ],
  [
    'query_range?query=up&start=1&end=2&step=0',
    'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
  ],
  [
    'query_range?query=up&start=1&end=2&step=0.0001',
    'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
  ],
  [
    'query_range?query=up&start=1&end=200000&step=1',
    'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
  ],
  ['query_exemplars', 'unknown position: parse error: no expression found in input'],
  [
    'format_query?query=sum(',
    'invalid parameter "query": 1:5: parse error: unclosed left parenthesis',
  ],
  [
    'parse_query?query=sum(',
    'invalid parameter "query": 1:5: parse error: unclosed left parenthesis',
  ],
  ['series', 'no match[] parameter provided'],
  [
    'series?match[]={}',
    'invalid parameter "match[]": match[] must contain at least one non-empty matcher',
  ],
  [
    'series?match[]=up&start=x',
    'invalid parameter "start": Invalid time value for \'start\': cannot parse "x" to a valid timestamp',
  ],
  [
    'labels?end=x',
    'invalid parameter "end": Invalid time value for \'end\': cannot parse "x" to a valid timestamp',
  ],
  [
    'label/job/values?start=q',
    'invalid parameter "start": Invalid time value for \'start\': cannot parse "q" to a valid timestamp',
  ],
  ['metadata?limit=x', 'limit must be a number'],
  ['metadata?limit_per_metric=x', 'limit_per_metric must be a number'],
  ['targets/metadata?limit=x', 'limit must be a number'],
  ['status/tsdb?limit=x', 'limit must be a positive number'],
  ['rules?type=x', 'invalid parameter "type": not supported value "x"'],
] as const) {
  test(`refused in Prometheus's words: ${path}`, async () => {
    const { status, body } = await json(`/api/v1/${path}`)
    assert.equal(status, 400)
    assert.deepEqual(body, { status: 'error', errorType: 'bad_data', error })
    assert.deepEqual(misfits('Error', body), [])
  })
}

test('a query is handed over with all of its parameters, by GET and by POST alike', async () => {
  asked.queries.length = 0
  const range = 'query=up&start=10&end=20.5&step=1m&limit=7&timeout=1h&lookback_delta=2m&stats=all'
  await server.ask(`/api/v1/query_range?${range}`)
  await server.ask('/api/v1/query_range', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: range,
  })
  for (const { signal, ...query } of asked.queries) {
    assert.ok(signal instanceof AbortSignal)
    assert.deepEqual(query, {
      expr: 'up',
      fromMs: 10_000,
      toMs: 20_500,
      stepMs: 60_000,
      limit: 7,
      timeoutMs: 120_000,
      lookbackMs: 120_000,
      stats: true,
    })
  }
  assert.equal(asked.queries.length, 2)
  await server.ask('/api/v1/query?query=up')
  const { signal, ...instant } = asked.queries[2]
  assert.ok(!signal.aborted)
  assert.deepEqual(instant, {
    expr: 'up',
    fromMs: NOW_MS,
    toMs: NOW_MS,
    limit: 0,
    timeoutMs: 30_000,
    lookbackMs: 0,
    stats: false,
  })
})

test('questions about labels are handed over, escaped names as what they stand for', async () => {
  asked.labelQueries.length = 0
  await server.ask(
    '/api/v1/label/U__http_2e_status_3a_code/values?start=1&end=2&limit=3&match[]=up',
  )
  await server.ask('/api/v1/label/a%20b%2F/values')
  await server.ask('/api/v1/series?match[]=up&match[]={a=~"b.*"}')
  const [values, odd, series] = asked.labelQueries
  assert.equal(values.kind, 'values')
  assert.equal(values.name, 'http.status:code')
  assert.deepEqual([values.fromMs, values.toMs, values.limit], [1000, 2000, 3])
  assert.equal(odd.name, 'a b/')
  assert.equal(series.sets.length, 2)
  assert.deepEqual(series.sets[1], [{ name: 'a', op: '=~', value: 'b.*' }])
})

test('errors of the engine keep their sort, and a text that does not parse names its parameter', async () => {
  const failing = (kind: ConstructorParameters<typeof NarthexError>[0]) => ({
    async query(): Promise<never> {
      throw new NarthexError(kind, '1:5: parse error: x')
    },
    async labels(): Promise<never> {
      throw new NarthexError(kind, 'x')
    },
  })
  for (const [kind, status, errorType, error] of [
    ['bad_data', 400, 'bad_data', 'invalid parameter "query": 1:5: parse error: x'],
    ['execution', 422, 'execution', '1:5: parse error: x'],
    ['timeout', 503, 'timeout', '1:5: parse error: x'],
    ['busy', 503, 'unavailable', '1:5: parse error: x'],
  ] as const) {
    await using other = await serve({ routes: allRoutes({ querier: failing(kind) }) })
    const answer = await other.ask('/api/v1/query?query=x')
    assert.equal(answer.status, status)
    assert.deepEqual(JSON.parse(answer.text), { status: 'error', errorType, error })
  }
})

test('targets are given by state and pool, with durations and addresses for others', async () => {
  const { body } = await json('/api/v1/targets?scrapePool=node')
  const data = (body as { data: Record<string, unknown[]> }).data
  assert.equal(data.activeTargets.length, 1)
  const target = data.activeTargets[0] as Record<string, unknown>
  assert.equal(target.scrapeInterval, '1m30s')
  assert.equal(target.globalUrl, 'http://monitor.example:9100/metrics')
  assert.equal(target.lastScrape, '2026-01-03T10:37:00.000Z')
  assert.deepEqual(data.droppedTargetCounts, { node: 3 })
  const other = (await json('/api/v1/targets?state=active&scrapePool=other')).body as typeof body
  const never = (other as { data: Record<string, unknown[]> }).data
  assert.equal(
    (never.activeTargets[0] as { lastScrape: string }).lastScrape,
    '0001-01-01T00:00:00Z',
  )
  assert.deepEqual(never.droppedTargets, [])
})

test('metadata of targets that match nothing is not found', async () => {
  const { status, body } = await json('/api/v1/targets/metadata?match_target={job="x"}')
  assert.equal(status, 404)
  assert.deepEqual(body, {
    status: 'error',
    errorType: 'not_found',
    error: 'specified metadata not found',
  })
})

test('a name like __proto__ is data like any other', async () => {
  for (const path of ['status/flags', 'metadata', 'targets']) {
    const { text } = await server.ask(`/api/v1/${path}`)
    assert.match(text, /"__proto__":/, path)
  }
  const { text } = await server.ask('/api/v1/targets')
  assert.match(text, /"droppedTargetCounts":\{"node":3,"__proto__":1\}/)
  assert.equal(({} as { polluted?: unknown }).polluted, undefined)
})

test('nothing but health is answered before the store is open', async () => {
  await using starting = await serve({ routes: allRoutes({ isReady: () => false }) })
  for (const path of [
    '/-/ready',
    '/api/v1/query?query=up',
    '/api/v1/labels',
    '/api/v1/status/tsdb',
  ]) {
    const answer = await starting.ask(path)
    assert.equal(answer.status, 503, path)
    assert.ok(Number(answer.headers['retry-after']) >= 1, path)
  }
  assert.equal((await starting.ask('/-/healthy')).status, 200)
})

test('GET /api/v1/status/discovery: each source of a pool, what is wrong with it and how old its list is', async () => {
  const { body } = await json('/api/v1/status/discovery')
  assert.deepEqual((body as { data: object }).data, {
    sources: [
      {
        scrapePool: 'node',
        kind: 'http',
        source: 'http://sd.example/targets',
        targetCount: 3,
        lastError: 'server returned HTTP status 500',
        lastTry: new Date(NOW_MS).toISOString(),
        lastSuccess: new Date(NOW_MS - 60_000).toISOString(),
      },
    ],
  })
})
