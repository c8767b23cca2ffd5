import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bucketFraction, bucketQuantile, newRepair } from '../../../src/query/kernels/buckets.ts'

type Buckets = readonly (readonly [bound: number, count: number])[]

function quantile(q: number, buckets: Buckets): number {
  return bucketQuantile(q, bounds(buckets), counts(buckets), buckets.length, newRepair())
}

function bounds(buckets: Buckets): Float64Array {
  return Float64Array.from(buckets, ([bound]) => bound)
}

function counts(buckets: Buckets): Float64Array {
  return Float64Array.from(buckets, ([, count]) => count)
}

const PLAIN: Buckets = [
  [1, 10],
  [2, 30],
  [4, 40],
  [Infinity, 50],
]

for (const [what, q, buckets, wanted] of [
  ['interpolates within a bucket', 0.4, PLAIN, 1.5],
  ['starts the first bucket at 0', 0.1, PLAIN, 0.5],
  ['gives the last finite bound in the +Inf bucket', 0.99, PLAIN, 4],
  ['is -Inf below 0', -0.1, PLAIN, -Infinity],
  ['is +Inf above 1', 1.1, PLAIN, Infinity],
  ['is NaN for NaN', Number.NaN, PLAIN, Number.NaN],
  ['is NaN without a +Inf bucket', 0.5, PLAIN.slice(0, 3), Number.NaN],
  ['is NaN with one bucket', 0.5, [[Infinity, 3]], Number.NaN],
  [
    'is NaN without observations',
    0.5,
    [
      [1, 0],
      [Infinity, 0],
    ],
    Number.NaN,
  ],
  [
    'is the bound of a first bucket at or below 0',
    0.1,
    [
      [-1, 10],
      [1, 20],
      [Infinity, 20],
    ],
    -1,
  ],
  [
    'adds up buckets of equal bounds',
    0.5,
    [
      [1, 5],
      [1, 5],
      [2, 20],
      [Infinity, 20],
    ],
    1,
  ],
] as const) {
  test(`a bucket quantile ${what}`, () => {
    assert.equal(quantile(q, buckets), wanted)
  })
}

test('falling counts are levelled and reported, noise is levelled in silence', () => {
  const repair = newRepair()
  const falling: Buckets = [
    [1, 10],
    [2, 8],
    [4, 20],
    [8, 15],
    [Infinity, 30],
  ]
  bucketQuantile(0.5, bounds(falling), counts(falling), 5, repair)
  assert.deepEqual(repair, { forced: true, lowBound: 2, highBound: 8, fallMax: 5 })
  const noisy: Buckets = [
    [1, 10],
    [2, 10 - 1e-13],
    [Infinity, 30],
  ]
  bucketQuantile(0.5, bounds(noisy), counts(noisy), 3, repair)
  assert.equal(repair.forced, false)
})

for (const [what, lower, upper, wanted] of [
  ['of everything is 1', -Infinity, Infinity, 1],
  ['is interpolated', 0.5, 1.5, 0.3],
  ['counts nothing of the +Inf bucket below it', 4, 100, 0],
  ['is 0 where the bounds cross', 3, 2, 0],
  ['is NaN for a NaN bound', Number.NaN, 2, Number.NaN],
] as const) {
  test(`a bucket fraction ${what}`, () => {
    const got = bucketFraction(lower, upper, bounds(PLAIN), counts(PLAIN), 4)
    assert.ok(Object.is(got, wanted) || Math.abs(got - wanted) < 1e-12, `${got}`)
  })
}

test('the fraction below a quantile is that quantile', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 10 }),
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      (grows, q) => {
        let count = 0
        const buckets = grows.map((grow, i) => {
          count += grow
          return [i + 1, count] as const
        })
        const all: Buckets = [...buckets, [Infinity, count]]
        const value = quantile(q, all)
        const share = bucketFraction(-Infinity, value, bounds(all), counts(all), all.length)
        assert.ok(Math.abs(share - q) < 1e-9)
      },
    ),
    { seed: 9 },
  )
})
