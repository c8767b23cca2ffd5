/** Which formats are asked for and which are read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptHeader, formatOf } from '../../../src/collect/scrape/negotiate.ts'
import { openMetricsFormat } from '../../../src/wire/openmetrics.ts'
import { textFormat } from '../../../src/wire/text.ts'
import { configOf } from './world.ts'

const PROTO =
  'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited'

test('protocols are asked for in the order of the configuration', () => {
  const config = configOf({
    scrapeProtocols: ['PrometheusText0.0.4', 'OpenMetricsText1.0.0', 'PrometheusProto'],
    nameEscaping: 'underscores',
  })
  assert.equal(
    acceptHeader(config),
    `text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;escaping=underscores;q=0.5,${PROTO};q=0.4,*/*;q=0.3`,
  )
})

test('protobuf is asked for first where native histograms are wanted, else not at all', () => {
  assert.ok(acceptHeader(configOf({ scrapeNativeHistograms: true })).startsWith(`${PROTO};q=0.6,`))
  assert.ok(!acceptHeader(configOf()).includes('protobuf'))
})

for (const [type, fallback, format] of [
  ['text/plain', undefined, textFormat],
  ['Text/Plain; version=0.0.4; charset=utf-8', undefined, textFormat],
  ['application/openmetrics-text;version=1.0.0', undefined, openMetricsFormat],
  ['text/html', 'PrometheusText0.0.4', textFormat],
  ['', 'OpenMetricsText1.0.0', openMetricsFormat],
] as const) {
  test(`content type "${type}" with fallback ${fallback} is read`, () => {
    assert.equal(formatOf(type, fallback), format)
  })
}

for (const type of ['', 'text/html', 'application/json', 'application/vnd.google.protobuf', ';;']) {
  test(`content type "${type}" without a fallback is refused`, () => {
    assert.throws(
      () => formatOf(type, undefined),
      /no fallback_scrape_protocol specified for target/,
    )
  })
}
