import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NarthexError } from '../../src/base/error.ts'
import type { Labels } from '../../src/model/labels.ts'
import { compileMatcher } from '../../src/model/matcher.ts'
import type { Queryable, Series } from '../../src/model/queryable.ts'
import { STALE } from '../../src/model/stale.ts'
import { type FederateDeps, federateRoutes, handleFederate } from '../../src/serve/federate.ts'
import { serve } from '../net/server/support.ts'
import { NOW_MS } from './ports.ts'

function series(labels: Labels, samples: readonly (readonly [number, number])[]): Series {
  const times = Float64Array.from(samples, ([ageMs]) => NOW_MS - ageMs)
  const values = new Float64Array(samples.map(([, value]) => value))
  return { labels, times, values, from: 0, to: samples.length, stale: true }
}

const gone = series(
  ['__name__', 'gone'],
  [
    [2000, 1],
    [1000, 0],
  ],
)
gone.values.set(STALE, 1)
const ALL = [
  series(
    ['__name__', 'up', 'job', 'b'],
    [
      [9000, 0],
      [1000, 1],
    ],
  ),
  series(['__name__', 'up', 'job', 'a', 'path', 'x"\\\n'], [[500, Number.POSITIVE_INFINITY]]),
  series(['__name__', 'cpu.time', 'a b', 'c'], [[500, Number.NaN]]),
  series(['__name__', 'plain', 'region', 'own'], [[500, 1e21]]),
  gone,
]

function queryable(all: readonly Series[]): Queryable {
  const select: Queryable['select'] = (matchers, _fromMs, _toMs, budget) => {
    budget.check()
    return all.filter(({ labels }) =>
      matchers.every((matcher) => {
        const at = labels.indexOf(matcher.name)
        return compileMatcher(matcher)(at < 0 ? '' : labels[at + 1])
      }),
    )
  }
  return {
    estimate: () => ({ seriesCount: all.length, sampleCount: all.length }),
    select,
    series: () => [],
    labelNames: () => [],
    labelValues: () => [],
  }
}

function deps(more: Partial<FederateDeps> = {}): FederateDeps {
  return {
    queryable: queryable(ALL),
    clock: { now: () => NOW_MS, monotonicMs: () => 0, after: () => ({ cancel() {} }) },
    lookbackMs: 300_000,
    externalLabels: () => [],
    isReady: () => true,
    ...more,
  }
}

function ask(...selectors: string[]): Parameters<typeof handleFederate>[0] {
  const params = new URLSearchParams(selectors.map((each) => ['match[]', each]))
  return { params, signal: new AbortController().signal }
}

test('the newest samples are written by name, staleness markers left out', () => {
  const { type, body } = handleFederate(ask('{__name__=~".+"}', 'up'), deps())
  assert.equal(type, 'text/plain; version=0.0.4; charset=utf-8')
  assert.equal(
    body,
    [
      '# TYPE "cpu.time" untyped',
      `{"cpu.time","a b"="c"} NaN ${NOW_MS - 500}`,
      '# TYPE plain untyped',
      `plain{region="own"} 1e+21 ${NOW_MS - 500}`,
      '# TYPE up untyped',
      `up{job="a",path="x\\"\\\\\\n"} +Inf ${NOW_MS - 500}`,
      `up{job="b"} 1 ${NOW_MS - 1000}`,
      '',
    ].join('\n'),
  )
})

test('external labels are added where a series has none of its own', () => {
  const externalLabels = () => ['region', 'eu', 'zone', '1']
  const { body } = handleFederate(ask('plain', 'up{job="b"}'), deps({ externalLabels }))
  assert.match(String(body), /plain\{region="own",zone="1"\}/)
  assert.match(String(body), /up\{job="b",region="eu",zone="1"\}/)
})

test('no selector gives nothing, a wrong one is refused, too many series cost too much', async () => {
  assert.equal(handleFederate(ask(), deps()).body, '')
  const refused = (call: () => unknown, kind: string) =>
    assert.throws(call, (e) => e instanceof NarthexError && e.kind === kind)
  refused(() => handleFederate(ask('{'), deps()), 'bad_data')
  refused(() => handleFederate(ask('{}'), deps()), 'bad_data')
  const huge = { ...queryable(ALL), estimate: () => ({ seriesCount: 20_001, sampleCount: 0 }) }
  refused(() => handleFederate(ask('up'), deps({ queryable: huge })), 'limit')
  refused(() => handleFederate(ask('up'), deps({ isReady: () => false })), 'busy')
  const left = new AbortController()
  left.abort()
  refused(() => handleFederate({ ...ask('up'), signal: left.signal }, deps()), 'canceled')
})

test('it is a route like the others', async () => {
  await using server = await serve({ routes: federateRoutes(deps()) })
  const answer = await server.ask('/federate?match[]=up')
  assert.equal(answer.status, 200)
  assert.match(answer.text, /^# TYPE up untyped\n/)
  assert.equal((await server.ask('/federate?match[]={')).status, 400)
})
