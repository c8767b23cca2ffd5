/** Exporters are found by what their targets say, or guessed from how those are called. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foundByMetrics, foundByName } from '../../../src/hub/found/found.ts'
import { metricPlaces } from '../../../src/hub/found/places.ts'
import {
  FOUND_TARGETS_MAX,
  guessByName,
  recogniseByMetrics,
} from '../../../src/hub/found/recognise.ts'
import type { Recognition, TargetKey } from '../../../src/model/found.ts'
import { JumpingClock } from '../../support/jumpingclock.ts'
import { catalogueOf, entryYaml } from '../catalogue/support.ts'

const { catalogue } = await catalogueOf({
  mysqld: { 'entry.yaml': entryYaml('mysqld') },
  redis: { 'entry.yaml': entryYaml('redis').replace('9104', '9121') },
})

const target = (instance: string, job = 'any'): TargetKey => ({ job, instance })

const recognition = (entry: string, port: number, ...metrics: readonly string[]): Recognition => ({
  ...{ entry, port, metrics },
})

const MYSQLD = recognition('mysqld', 9104, 'mysql_up', 'mysql_scrapes')

test('an entry runs where one target has all metrics that tell it', () => {
  const places = new Map([
    ['mysql_up', [target('a:1'), target('b:1'), target('c:1', 'x'), target('a:1')]],
    ['mysql_scrapes', [target('b:1'), target('a:1'), target('c:1', 'y')]],
  ])
  assert.deepEqual(recogniseByMetrics([MYSQLD], places), [
    { entry: 'mysqld', hosts: 2, targetCount: 2, targets: [target('a:1'), target('b:1')] },
  ])
  assert.deepEqual(recogniseByMetrics([MYSQLD], new Map([['mysql_up', [target('a:1')]]])), [])
})

test('an entry that says nothing of how it is recognised runs nowhere', () => {
  assert.deepEqual(recogniseByMetrics([recognition('x', 1)], new Map()), [])
})

test('several targets of a machine are one host, also of an IPv6 address', () => {
  const targets = [target('[2001:db8::1]:9104'), target('[2001:db8::1]:9105'), target('web')]
  const places = new Map([
    ['mysql_up', targets],
    ['mysql_scrapes', targets],
  ])
  const [{ hosts, targetCount }] = recogniseByMetrics([MYSQLD], places)
  assert.deepEqual({ hosts, targetCount }, { hosts: 2, targetCount: 3 })
})

test('of very many targets some are told, and how many there are', () => {
  const targets = Array.from({ length: FOUND_TARGETS_MAX + 5 }, (_, i) => target(`h${i}:9104`))
  const [found] = guessByName([MYSQLD], targets)
  assert.equal(found.targets.length, FOUND_TARGETS_MAX)
  assert.equal(found.targetCount, targets.length)
})

for (const [what, of, entries] of [
  ['a job with the name of an entry', target('a:1', 'mysqld'), ['mysqld']],
  ['with the usual ending', target('a:1', 'MySQLd_exporter'), ['mysqld']],
  ['the job wins over the port', target('a:9104', 'redis'), ['redis']],
  ['a port that one entry has', target('a:9104', 'db'), ['mysqld']],
  ['a port that several have', target('a:8080', 'db'), []],
  ['a port that is nobody’s, or none', target('a', 'db'), []],
] as const) {
  test(`a guess: ${what}`, () => {
    const known = [
      MYSQLD,
      recognition('redis', 9121),
      recognition('kong', 8080),
      recognition('cadvisor', 8080),
      recognition('unported', 0),
    ]
    assert.deepEqual(
      guessByName(known, [of]).map(({ entry }) => entry),
      entries,
    )
  })
}

test('one question is asked for the metrics of all entries, and not again for some seconds', async () => {
  const asked: string[] = []
  const clock = new JumpingClock(5)
  const places = metricPlaces(async (expr) => {
    asked.push(expr)
    const metric = { __name__: 'mysqld_up', job: 'db', instance: 'a:9104' }
    const result = [{ metric, value: [5, '1'] }]
    return Buffer.from(JSON.stringify({ status: 'success', data: { result } }))
  })
  const view = foundByMetrics({ catalogue, clock, places })
  assert.deepEqual(await Promise.all([view.found(), view.found()]), [
    ...Array(2).fill({
      by: 'metrics',
      atMs: 5,
      entries: [{ entry: 'mysqld', hosts: 1, targetCount: 1, targets: [target('a:9104', 'db')] }],
    }),
  ])
  assert.deepEqual(asked, ['group by (__name__, job, instance) ({__name__=~"mysqld_up|redis_up"})'])
  await clock.advance(10_000)
  await view.found()
  assert.equal(asked.length, 2)
})

test('metrics of very many entries are asked for in parts, and none in another shape', async () => {
  const asked: string[] = []
  const places = metricPlaces(async (expr) => {
    asked.push(expr)
    return Buffer.from('{"data":{"result":[]}}')
  })
  const names = Array.from({ length: 450 }, (_, index) => `m${index}`)
  await places.targetsWith([...names, 'a"} or up{x="', 'ü'])
  assert.equal(asked.length, 3)
  assert.ok(asked.every((expr) => /^group by \([^)]*\) \(\{__name__=~"[\w|]+"\}\)$/.test(expr)))
})

test('who is asked and does not answer is asked again', async () => {
  let answers = 0
  const view = foundByName({
    ...{ catalogue, clock: new JumpingClock(0) },
    async targets() {
      if (answers++ === 0) throw new Error('away')
      return [target('a:9121')]
    },
  })
  await assert.rejects(view.found(), /away/)
  const { by, entries } = await view.found()
  assert.equal(by, 'registry')
  assert.deepEqual(
    entries.map(({ entry }) => entry),
    ['redis'],
  )
})
