/** Which formats are asked for and which are read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptHeader, formatOf } from '../../../src/collect/scrape/negotiate.ts'
import { openMetricsFormat } from '../../../src/wire/openmetrics.ts'
import { textFormat } from '../../../src/wire/text.ts'
import { configOf } from './world.ts'

test('protocols are asked for in the order of the configuration, protobuf never', () => {
  const config = configOf({
    scrapeProtocols: ['PrometheusProto', 'PrometheusText0.0.4', 'OpenMetricsText1.0.0'],
    nameEscaping: 'underscores',
  })
  assert.equal(
    acceptHeader(config),
    'text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;escaping=underscores;q=0.5,*/*;q=0.4',
  )
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
