/** Integer columns: the smallest way is found, every way comes back, damage is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Cursor } from '../../../src/base/bytes.ts'
import { NarthexError } from '../../../src/base/error.ts'
import {
  CONSTANT,
  DELTAS,
  DELTAS2,
  INTEGER_MAX,
  newIntegerPlan,
  OFFSETS,
  planIntegers,
  readIntegers,
  writeIntegers,
} from '../../../src/store/codec/integers.ts'

const plan = newIntegerPlan()

function encoded(ints: Float64Array): Uint8Array {
  const into = new Cursor(new Uint8Array(100 + 11 * ints.length))
  planIntegers(ints, ints.length, plan)
  writeIntegers(ints, ints.length, plan, into)
  return into.bytes.slice(0, into.at)
}

const anyInteger = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }),
  fc.integer(),
  fc.maxSafeInteger().map((n) => Math.max(-INTEGER_MAX, Math.min(INTEGER_MAX, n))),
)

test('integers up to the bound come back, however they are written', () => {
  const modes = new Set<number>()
  fc.assert(
    fc.property(
      fc.array(anyInteger, { minLength: 1, maxLength: 120 }),
      fc.boolean(),
      (list, sum) => {
        let total = 0
        const ints = Float64Array.from(list, (n) => {
          total = (total + n) % INTEGER_MAX
          return sum ? total : n
        })
        const c = new Cursor(encoded(ints))
        modes.add(plan.mode)
        const back = new Float64Array(ints.length)
        readIntegers(c, plan.mode, ints.length, 1, back, 0)
        assert.deepEqual(
          Array.from(back),
          Array.from(ints, (n) => n + 0),
        )
        assert.equal(c.at, c.end)
      },
    ),
    { seed: 21, numRuns: 1000 },
  )
  assert.ok(modes.size >= 3, `${[...modes]}`)
})

const shapes: [name: string, mode: number, value: (i: number) => number][] = [
  ['the same', CONSTANT, () => 7],
  ['noise in a small range', OFFSETS, (i) => 1e6 + ((i * i * i * 31) % 61)],
  ['a noisy climb', DELTAS, (i) => 100_000 * i + ((i * 7919) % 64)],
  ['a climb that grows', DELTAS2, (i) => 50 * i * i],
]
for (const [name, mode, value] of shapes) {
  test(`${name} is written in its own way`, () => {
    encoded(Float64Array.from({ length: 128 }, (_, i) => value(i)))
    assert.equal(plan.mode, mode)
  })
}

test('one reset costs a patch, not a wider column', () => {
  const steady = Float64Array.from({ length: 128 }, (_, i) => 1000 * i + ((i * 31) % 50))
  const reset = steady.map((n, i) => (i < 70 ? n : n - steady[70]))
  assert.ok(encoded(reset).length <= encoded(steady).length + 8)
})

for (const mode of [CONSTANT, OFFSETS, DELTAS, DELTAS2]) {
  test(`arbitrary bytes in mode ${mode} are refused or read inside their slots`, () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.integer({ min: 1, max: 200 }),
        (bytes, n) => {
          const into = new Float64Array(n + 2).fill(7)
          try {
            readIntegers(new Cursor(bytes), mode, n, 1, into, 1)
          } catch (error) {
            assert.ok(error instanceof NarthexError && error.kind === 'bad_data', String(error))
          }
          assert.equal(into[0], 7)
          assert.equal(into[n + 1], 7)
        },
      ),
      { seed: mode, numRuns: 1000 },
    )
  })
}
