/** Random series and windows for the tests of the kernels, and the definitions they are held against. */
import fc from 'fast-check'

/** One series with rising times, and the windows of a grid over it. */
export interface Case {
  readonly times: Float64Array
  readonly values: Float64Array
  readonly firstMs: number
  readonly stepMs: number
  readonly count: number
  readonly rangeMs: number
}

const VALUES = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -50, max: 1000 }) },
  { weight: 3, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Infinity, -Infinity, 0, -0, 1e308) },
)

/** Series of any values. */
export const anyCase: fc.Arbitrary<Case> = caseOf(VALUES)

/** Series of integers only. */
export const integerCase: fc.Arbitrary<Case> = caseOf(fc.integer({ min: -1000, max: 1_000_000 }))

function caseOf(values: fc.Arbitrary<number>): fc.Arbitrary<Case> {
  return fc
    .record({
      gaps: fc.array(fc.record({ gapMs: fc.integer({ min: 1, max: 400 }), value: values }), {
        maxLength: 40,
      }),
      firstMs: fc.integer({ min: -200, max: 2000 }),
      stepMs: fc.integer({ min: 0, max: 500 }),
      count: fc.integer({ min: 1, max: 20 }),
      rangeMs: fc.integer({ min: 1, max: 3000 }),
    })
    .map(({ gaps, firstMs, stepMs, count, rangeMs }) => {
      let timeMs = 0
      const times = Float64Array.from(gaps, ({ gapMs }) => {
        timeMs += gapMs
        return timeMs
      })
      const samples = Float64Array.from(gaps, ({ value }) => value)
      return { times, values: samples, firstMs, stepMs, count, rangeMs }
    })
}

/** The slots of a step's window (time - before, time + after], by looking at each. */
export function slotsIn(
  { times, firstMs, stepMs }: Case,
  step: number,
  beforeMs: number,
  afterMs: number,
): number[] {
  const timeMs = firstMs + step * stepMs
  return [...times.keys()].filter(
    (i) => times[i] > timeMs - beforeMs && times[i] <= timeMs + afterMs,
  )
}

/** Sums with compensation, one step at a time. */
export function compensatedSum(values: readonly number[]): number {
  let sum = 0
  let rest = 0
  for (const value of values) {
    const next = sum + value
    if (Math.abs(next) === Infinity) rest = 0
    else rest += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
    sum = next
  }
  return Math.abs(sum) === Infinity ? sum : sum + rest
}
