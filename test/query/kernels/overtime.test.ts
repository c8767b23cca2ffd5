import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { WINDOW_KERNELS } from '../../../src/query/kernels/overtime.ts'
import { overlapsMuch, slideSums } from '../../../src/query/kernels/sliding.ts'
import { rangeSlots } from '../../../src/query/kernels/windows.ts'
import { anyCase, type Case, compensatedSum, integerCase, slotsIn } from './samples.ts'

/** A definition over the values and times of one window. */
type Definition = (values: number[], times: number[]) => number

const changed = (a: number, b: number): boolean => a !== b && !(Number.isNaN(a) && Number.isNaN(b))
const numbers = (values: number[]): number[] => values.filter((value) => !Number.isNaN(value))
/** The first of the values that no other beats, NaN left out. */
function extreme(values: number[], beats: (a: number, b: number) => boolean): number {
  let best = Number.NaN
  for (const value of numbers(values)) if (Number.isNaN(best) || beats(value, best)) best = value
  return best
}

const DEFINITIONS: readonly (readonly [string, Definition])[] = [
  ['sum_over_time', (values) => compensatedSum(values)],
  ['count_over_time', (values) => values.length],
  ['present_over_time', () => 1],
  ['first_over_time', (values) => values[0]],
  ['last_over_time', (values) => values[values.length - 1]],
  ['min_over_time', (values) => extreme(values, (a, b) => a < b)],
  ['max_over_time', (values) => extreme(values, (a, b) => a > b)],
  ['changes', (values) => values.filter((v, i) => i > 0 && changed(v, values[i - 1])).length],
  ['resets', (values) => values.filter((v, i) => i > 0 && v < values[i - 1]).length],
  ['ts_of_first_over_time', (_, times) => times[0] / 1000],
  ['ts_of_last_over_time', (_, times) => times[times.length - 1] / 1000],
]

/** Holds a kernel against a definition on every window of a case. */
function check(name: string, example: Case, definition: Definition): void {
  const { times, values, firstMs, stepMs, count, rangeMs } = example
  const lo = new Int32Array(count)
  const hi = new Int32Array(count)
  rangeSlots(times, 0, times.length, firstMs, stepMs, count, rangeMs, 0, lo, hi)
  const target = new Float64Array(count + 2)
  const present = new Uint8Array(count + 2).fill(7)
  const kernel = WINDOW_KERNELS.get(name)
  assert.ok(kernel)
  const points = kernel(times, values, lo, hi, count, target, present, 2)
  let wantedPoints = 0
  for (let step = 0; step < count; step++) {
    const slots = slotsIn(example, step, rangeMs, 0)
    assert.equal(present[2 + step], slots.length > 0 ? 1 : 0)
    if (slots.length === 0) continue
    wantedPoints++
    const wanted = definition(
      slots.map((slot) => values[slot]),
      slots.map((slot) => times[slot]),
    )
    assert.equal(target[2 + step], wanted, `${name} at step ${step}`)
  }
  assert.equal(points, wantedPoints)
}

for (const [name, definition] of DEFINITIONS) {
  test(`${name} is what it says of each window`, () => {
    fc.assert(
      fc.property(anyCase, (example) => check(name, example, definition)),
      { seed: 5 },
    )
  })
}

test('sums and means of integers slide without a bit of difference', () => {
  fc.assert(
    fc.property(integerCase, (example) => {
      check('sum_over_time', example, compensatedSum)
      check('avg_over_time', example, (values) => compensatedSum(values) / values.length)
    }),
    { seed: 6, numRuns: 300 },
  )
})

/** One window over all values. */
function whole(name: string, ...values: number[]): number {
  const target = new Float64Array(1)
  const kernel = WINDOW_KERNELS.get(name)
  assert.ok(kernel)
  const times = Float64Array.from(values, (_, i) => i * 1000)
  const hi = Int32Array.of(values.length)
  kernel(times, Float64Array.from(values), Int32Array.of(0), hi, 1, target, new Uint8Array(1), 0)
  return target[0]
}

for (const [name, values, wanted] of [
  ['avg_over_time', [1, 1e100, 1, -1e100], 0.5],
  ['avg_over_time', [9.988465674311579e307, 9.988465674311579e307], 9.988465674311579e307],
  ['avg_over_time', [Infinity, 0, Infinity], Infinity],
  ['avg_over_time', [1, Infinity, -Infinity], Number.NaN],
  ['sum_over_time', [1, 1e100, 1, -1e100], 2],
  ['sum_over_time', [1e308, 1e308], Infinity],
  ['stdvar_over_time', [2, 4, 4, 6], 2],
  ['stddev_over_time', [2, 2, 2], 0],
  ['min_over_time', [Number.NaN, 2, 1], 1],
  ['max_over_time', [Number.NaN, Number.NaN], Number.NaN],
  ['ts_of_max_over_time', [1, 3, 3, 2], 2],
  ['ts_of_min_over_time', [Number.NaN, 1, 1, 2], 2],
] as const) {
  test(`${name} of ${values.join(' ')} is ${wanted}`, () => {
    assert.equal(whole(name, ...values), wanted)
  })
}

test('prefix sums are refused where they could differ', () => {
  const lo = Int32Array.of(0, 0)
  const hi = Int32Array.of(2, 2)
  for (const values of [
    [0.5, 1],
    [2 ** 53, 1],
    [Number.NaN, 1],
    [Infinity, 1],
  ]) {
    const target = new Float64Array(2)
    const present = new Uint8Array(2)
    const slid = slideSums(Float64Array.from(values), lo, hi, 2, false, target, present, 0)
    assert.equal(slid, -1, values.join())
  }
})

test('only windows that overlap much are slid', () => {
  assert.equal(overlapsMuch(Int32Array.of(0, 10), Int32Array.of(10, 20), 2), false)
  assert.equal(
    overlapsMuch(Int32Array.of(0, 1, 2, 3, 4), Int32Array.of(10, 11, 12, 13, 14), 5),
    true,
  )
  assert.equal(overlapsMuch(Int32Array.of(0), Int32Array.of(100), 1), false)
})
