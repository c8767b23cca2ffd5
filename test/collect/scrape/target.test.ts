/** From discovered labels to a URL and the labels of series. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { discoveredLabels, makeTarget, type Target } from '../../../src/collect/scrape/target.ts'
import { compileRelabel } from '../../../src/config/relabel.ts'
import type { ScrapeConfig } from '../../../src/config/scrape.ts'
import { labelsFrom, labelsToRecord } from '../../../src/model/labels.ts'
import { configOf } from './world.ts'

function make(
  found: Record<string, string>,
  changed: Partial<ScrapeConfig> = {},
): Target | undefined {
  const config = configOf(changed)
  return makeTarget(discoveredLabels(labelsFrom(Object.entries(found)), config), config)
}

for (const [name, found, changed, url] of [
  ['an address', { __address__: 'h:81' }, {}, 'http://h:81/metrics'],
  ['no port', { __address__: 'h' }, { scheme: 'https' }, 'https://h/metrics'],
  ['an IPv6 address', { __address__: '[::1]:9100' }, {}, 'http://[::1]:9100/metrics'],
  [
    'its own path',
    { __address__: 'h', __metrics_path__: '/a b?c#d' },
    {},
    'http://h/a%20b%3Fc%23d',
  ],
  ['its own scheme', { __address__: 'h:81', __scheme__: 'https' }, {}, 'https://h:81/metrics'],
  [
    'parameters of the job and its own',
    { __address__: 'h', __param_b: 'own', __param_c: 'x&y' },
    {
      params: [
        ['b', []],
        ['a', ['1', '2']],
      ],
    },
    'http://h/metrics?a=1&a=2&b=own&c=x%26y',
  ],
] as const) {
  test(`the URL of a target with ${name}`, () => {
    assert.equal(make(found, changed as Partial<ScrapeConfig>)?.url.href, url)
  })
}

test('labels that begin with two underscores are for the scrape, not for the series', () => {
  const target = make({ __address__: 'h:81', __meta_x: 'y', __tmp: 'z', zone: 'a' })
  assert.deepEqual(
    { ...labelsToRecord(target?.labels ?? []) },
    {
      instance: 'h:81',
      job: 'test',
      zone: 'a',
    },
  )
})

test('discovery may set the job, the instance, the interval and the timeout', () => {
  const target = make({
    __address__: 'h:81',
    job: 'other',
    instance: 'name',
    __scrape_interval__: '1m',
    __scrape_timeout__: '30s',
  })
  assert.deepEqual({ ...labelsToRecord(target?.labels ?? []) }, { instance: 'name', job: 'other' })
  assert.equal(target?.intervalMs, 60_000)
  assert.equal(target?.timeoutMs, 30_000)
})

test('relabelling may drop a target', () => {
  const drop = compileRelabel({ action: 'drop', sourceLabels: ['__address__'], regex: 'h:.*' })
  assert.equal(make({ __address__: 'h:81' }, { relabel: [drop] }), undefined)
})

for (const [name, found, message] of [
  ['no address', {}, /: no address$/],
  ['a URL for an address', { __address__: 'http://h/' }, /"http:\/\/h\/" is not a valid hostname/],
  ['an interval that is none', { __address__: 'h', __scrape_interval__: 'x' }, /scrape interval/],
  ['an interval of zero', { __address__: 'h', __scrape_interval__: '0' }, /interval cannot be 0/],
  ['a timeout of zero', { __address__: 'h', __scrape_timeout__: '0s' }, /timeout cannot be 0/],
  ['a long timeout', { __address__: 'h', __scrape_timeout__: '1m' }, /"1m" > "10s"/],
  ['an unknown scheme', { __address__: 'h', __scheme__: 'ftp' }, /is not a URL/],
  ['an address that is no host', { __address__: 'h:99999' }, /is not a URL/],
  ['half a surrogate', { __address__: 'h', x: '\ud800' }, /invalid label value for "x"/],
] as const) {
  test(`refused as a target: ${name}`, () => assert.throws(() => make(found), message))
}
