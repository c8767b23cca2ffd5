/** Numbers with units, as axes, legends and tables show them. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { formatCount, formatValue, tickSteps, type Unit } from '../../../ui/format/value.ts'

for (const [value, unit, text] of [
  [0, 'none', '0'],
  [1234.5678, 'none', '1.235k'],
  [-1.5, 'none', '-1.5'],
  [0.000123456, 'none', '0.0001235'],
  [1e-9, 'none', '1.00e-9'],
  [Number.NaN, 'bytes', 'NaN'],
  [Number.POSITIVE_INFINITY, 'none', '+Inf'],
  [Number.NEGATIVE_INFINITY, 'seconds', '-Inf'],
  [1536, 'bytes', '1.5 KiB'],
  [-(2 ** 30), 'bytes', '-1 GiB'],
  [1024, 'bytes/s', '1 KiB/s'],
  [0.0021, 'seconds', '2.1 ms'],
  [0.0000021, 'seconds', '2.1 µs'],
  [90, 'seconds', '90 s'],
  [7200, 'seconds', '2 h'],
  [0.4567, 'ratio', '45.67 %'],
  [45.67, 'percent', '45.67 %'],
  [1500, 'per second', '1.5k/s'],
  [41.25, 'celsius', '41.25 °C'],
  [3_200_000_000, 'hertz', '3.2 GHz'],
  [1_785_576_605, 'time', '2026-08-01 09:30'],
  [1e20, 'time', '1.00e+20'],
] as const satisfies readonly (readonly [number, Unit, string])[]) {
  test(`${value} as ${unit} is ${text}`, () => assert.equal(formatValue(value, unit), text))
}

test('an axis shows as many digits as tell its ticks apart', () => {
  assert.equal(formatValue(0.1, 'none', 0.05), '0.1')
  assert.equal(formatValue(1000.001, 'none', 0.001), '1.000001k')
  assert.equal(formatValue(0.15000000000000002, 'ratio', 0.05), '15 %')
  assert.equal(formatValue(0.75, 'bytes/s', 0.25), '0.75 B/s')
  assert.equal(formatValue(805_306_368, 'bytes', 268_435_456), '768 MiB')
})

test('ticks of one axis of seconds share a unit', () => {
  const texts = [900, 1800, 7200].map((value) => formatValue(value, 'seconds', 900))
  assert.deepEqual(texts, ['15 min', '30 min', '120 min'])
  assert.equal(formatValue(0.002, 'seconds', 0.0005), '2000 µs')
})

test('counts are grouped by three', () => assert.equal(formatCount(1234567), '1\u2009234\u2009567'))

test('ticks are powers of two for bytes and rise everywhere', () => {
  assert.ok(tickSteps('bytes').every((step) => Number.isInteger(Math.log2(step))))
  for (const unit of ['bytes', 'none', 'seconds'] as const) {
    const steps = tickSteps(unit)
    assert.ok(steps.every((step, i) => i === 0 || step > steps[i - 1]))
  }
})
