import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '../../src/base/metrics.ts'

test('counters, gauges and histograms are written in the text format', () => {
  const metrics = new Metrics()
  metrics.counter('requests_total', 'Requests.', ['code']).with('2"00').inc(3)
  metrics.gauge('free_bytes', 'Free bytes.').with().set(Infinity)
  const seconds = metrics.histogram('wait_seconds', 'Waiting.', [0.1, 1])
  seconds.observe(0.1)
  seconds.observe(5)
  assert.equal(
    metrics.render(),
    [
      '# HELP requests_total Requests.',
      '# TYPE requests_total counter',
      'requests_total{code="2\\"00"} 3',
      '# HELP free_bytes Free bytes.',
      '# TYPE free_bytes gauge',
      'free_bytes +Inf',
      '# HELP wait_seconds Waiting.',
      '# TYPE wait_seconds histogram',
      'wait_seconds_bucket{le="0.1"} 1',
      'wait_seconds_bucket{le="1"} 1',
      'wait_seconds_bucket{le="+Inf"} 2',
      'wait_seconds_sum 5.1',
      'wait_seconds_count 2',
      '',
    ].join('\n'),
  )
})

test('gauges are refreshed right before they are written, and a forgotten cell is gone', () => {
  const metrics = new Metrics()
  const depth = metrics.gauge('depth', 'Depth.', ['queue'])
  depth.with('old').set(1)
  depth.without('old')
  metrics.onCollect(() => depth.with('new').set(2))
  assert.match(metrics.render(), /\ndepth\{queue="new"\} 2\n$/)
  assert.doesNotMatch(metrics.render(), /old/)
})

test('histograms of one name keep a row of buckets per combination of labels', () => {
  const metrics = new Metrics()
  const durations = metrics.histograms('d_seconds', 'Time.', ['handler'], [0.1, 1])
  durations.with('/a').observe(0.1)
  durations.with('/a').observe(2)
  durations.with('/b"').observe(0.5)
  assert.deepEqual(metrics.render().trimEnd().split('\n').slice(2), [
    'd_seconds_bucket{handler="/a",le="0.1"} 1',
    'd_seconds_bucket{handler="/a",le="1"} 1',
    'd_seconds_bucket{handler="/a",le="+Inf"} 2',
    'd_seconds_sum{handler="/a"} 2.1',
    'd_seconds_count{handler="/a"} 2',
    'd_seconds_bucket{handler="/b\\"",le="0.1"} 0',
    'd_seconds_bucket{handler="/b\\"",le="1"} 1',
    'd_seconds_bucket{handler="/b\\"",le="+Inf"} 1',
    'd_seconds_sum{handler="/b\\""} 0.5',
    'd_seconds_count{handler="/b\\""} 1',
  ])
})
