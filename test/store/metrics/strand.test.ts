/** Entries of strands: any times and bits come back in any order, cut bytes are refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  decodeEntries,
  ENTRY_BYTES_MAX,
  encodeEntry,
  type StrandState,
} from '../../../src/store/metrics/strand.ts'
import { anyBits } from '../codec/floats.ts'

/** [time, low word, high word] */
type Entry = [number, number, number]

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)

function bitsOf(value: number): [number, number] {
  float[0] = value
  return [words[0], words[1]]
}

/** Steady steps with jitter, gaps, late samples; values that stay, count, are decimals or anything. */
const anyEntries: fc.Arbitrary<Entry[]> = fc
  .record({
    startMs: fc.constantFrom(0, 1_700_000_000_000, -(2 ** 51) + 2 ** 20, 2 ** 50),
    rows: fc.array(
      fc.record({
        stepMs: fc.oneof(
          { weight: 6, arbitrary: fc.integer({ min: 14_990, max: 15_010 }) },
          { weight: 2, arbitrary: fc.constantFrom(1, 15_000, 60_000, 2 ** 31, 2 ** 40) },
        ),
        isLate: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
        value: fc.oneof(
          { weight: 3, arbitrary: fc.constantFrom(0, 1, -1, 0.1, -0, Number.NaN, Infinity, 1e300) },
          { weight: 3, arbitrary: fc.integer({ min: -(2 ** 33), max: 2 ** 33 }) },
          {
            weight: 3,
            arbitrary: fc.integer({ min: -1e6, max: 1e6 }).map((number) => number / 1000),
          },
        ),
        bits: fc.option(anyBits),
      }),
      { minLength: 1, maxLength: 96 },
    ),
  })
  .map(({ startMs, rows }) => {
    let newestMs = startMs
    return rows.map(({ stepMs, isLate, value, bits }, i): Entry => {
      const [low, high] = bits === null ? bitsOf(value) : [bits[1], bits[0]]
      if (isLate) return [newestMs - 1000 - i, low >>> 0, high >>> 0]
      newestMs += stepMs
      return [newestMs, low >>> 0, high >>> 0]
    })
  })

function emptyState(): StrandState {
  return { newestMs: -Infinity, stepMs: 0, low: 0, high: 0 }
}

function encoded(entries: readonly Entry[]): Uint8Array {
  const state = emptyState()
  const bytes: number[] = []
  const entry = new Uint8Array(ENTRY_BYTES_MAX)
  for (const [timeMs, low, high] of entries) {
    const size = encodeEntry(entry, state, timeMs, low, high)
    assert.ok(size <= ENTRY_BYTES_MAX)
    bytes.push(...entry.subarray(0, size))
  }
  return Uint8Array.from(bytes)
}

test('any samples come back in the order in which they came, to the bit', () => {
  fc.assert(
    fc.property(anyEntries, (entries) => {
      const bytes = encoded(entries)
      const times = new Float64Array(entries.length)
      const values = new Uint32Array(entries.length * 2)
      assert.ok(decodeEntries(bytes, bytes.length, entries.length, times, values))
      const back = entries.map((_, i): Entry => [times[i], values[i * 2], values[i * 2 + 1]])
      assert.deepEqual(back, entries)
    }),
    { seed: 31, numRuns: 400 },
  )
})

test('a series whose strand begins with a late sample goes on with its steps', () => {
  const state = emptyState()
  const entry = new Uint8Array(ENTRY_BYTES_MAX)
  const bytes: number[] = []
  const write = (timeMs: number): void => {
    const size = encodeEntry(entry, state, timeMs, ...bitsOf(timeMs / 4))
    bytes.push(...entry.subarray(0, size))
  }
  // The newest sample of the series is sealed: a late one is written against none, as is the next.
  state.newestMs = Infinity
  write(5000)
  Object.assign(state, emptyState())
  for (const timeMs of [20_000, 35_001, 50_001]) write(timeMs)
  const times = new Float64Array(4)
  const values = new Float64Array(4)
  const words = new Uint32Array(values.buffer)
  assert.ok(decodeEntries(Uint8Array.from(bytes), bytes.length, 4, times, words))
  assert.deepEqual([...times], [5000, 20_000, 35_001, 50_001])
  assert.deepEqual([...values], [1250, 5000, 8750.25, 12_500.25])
})

test('bytes that end early are refused, and any bytes at all end', () => {
  fc.assert(
    fc.property(anyEntries, fc.nat(), (entries, cut) => {
      const bytes = encoded(entries)
      const count = entries.length
      const times = new Float64Array(count)
      const values = new Uint32Array(count * 2)
      assert.equal(decodeEntries(bytes, cut % bytes.length, count, times, values), false)
    }),
    { seed: 32, numRuns: 200 },
  )
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.integer({ min: 1, max: 96 }),
      (any, count) => {
        decodeEntries(any, any.length, count, new Float64Array(count), new Uint32Array(count * 2))
      },
    ),
    { seed: 33, numRuns: 200 },
  )
})

test('a steady counter takes three bytes a sample, a constant one', () => {
  const counter = Array.from({ length: 64 }, (_, i): Entry => {
    return [1_700_000_000_000 + i * 15_000 + (i % 5), ...bitsOf(1000 + i * 40)]
  })
  assert.ok(encoded(counter).length <= 64 * 3 + 16, `${encoded(counter).length} bytes`)
  const constant = counter.map((_, i): Entry => [i * 15_000, ...bitsOf(0.25)])
  assert.ok(encoded(constant).length <= 64 + 16, `${encoded(constant).length} bytes`)
})
