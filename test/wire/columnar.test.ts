/** Columnar rows: bits come back, under a byte a sample, damaged bytes are refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Cursor } from '../../src/base/bytes.ts'
import { NarthexError } from '../../src/base/error.ts'
import { STALE_HIGH, STALE_LOW } from '../../src/model/stale.ts'
import {
  ABSENT_HIGH,
  ABSENT_LOW,
  RowDecoder,
  RowEncoder,
  rowBytesMax,
} from '../../src/wire/columnar.ts'
import { readCaptures } from '../support/captures.ts'

interface Row {
  readonly timeMs: number
  readonly words: Uint32Array
}

const QUIET_STALE_HIGH = 0x7ff80000

function encodeRow(encoder: RowEncoder, row: Row): Uint8Array {
  const into = new Cursor(new Uint8Array(rowBytesMax(encoder.columns)))
  encoder.encode(row.timeMs, new Float64Array(row.words.buffer), into)
  return into.bytes.slice(0, into.at)
}

function requireRow(decoder: RowDecoder, bytes: Uint8Array, row: Row): void {
  const from = new Cursor(bytes)
  assert.equal(decoder.decode(from), row.timeMs)
  assert.equal(from.at, bytes.length, 'the row is read to its end')
  const { values } = decoder
  const got = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length)
  assert.deepEqual(got, row.words)
}

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const bitsOf = (value: number): [number, number] => {
  const words = new Uint32Array(new Float64Array([value]).buffer)
  return [words[0], words[1]]
}
const anyBits: fc.Arbitrary<[number, number]> = fc
  .oneof(
    { weight: 4, arbitrary: fc.integer({ min: -1000, max: 1000 }).map(bitsOf) },
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 1e9 }).map((x) => bitsOf(x / 100)) },
    { weight: 2, arbitrary: fc.maxSafeInteger().map(bitsOf) },
    { weight: 2, arbitrary: fc.double().map(bitsOf) },
    { weight: 1, arbitrary: fc.tuple(word, word) },
    { weight: 1, arbitrary: fc.tuple(word, fc.constant(0x7ff00000)) },
    { weight: 1, arbitrary: fc.constantFrom(-0, Infinity, -Infinity, NaN, 1e-12).map(bitsOf) },
    { weight: 2, arbitrary: fc.constant<[number, number]>([STALE_LOW, STALE_HIGH]) },
    { weight: 1, arbitrary: fc.constant<[number, number]>([ABSENT_LOW, ABSENT_HIGH]) },
  )
  .filter(([low, high]) => low !== STALE_LOW || (high & 0x7fffffff) !== QUIET_STALE_HIGH)

/** A row is the one before with some columns changed. */
const rowsOf = (columns: number): fc.Arbitrary<Row[]> =>
  fc
    .array(
      fc.record({
        timeMs: fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.maxSafeInteger()),
        changes: fc.array(fc.tuple(fc.nat(Math.max(0, columns - 1)), anyBits), { maxLength: 40 }),
      }),
      { minLength: 1, maxLength: 12 },
    )
    .map((steps) => {
      const words = new Uint32Array(2 * columns)
      return steps.map(({ timeMs, changes }) => {
        for (const [column, bits] of columns > 0 ? changes : []) words.set(bits, 2 * column)
        return { timeMs, words: words.slice() }
      })
    })

test('rows come back bit for bit, whatever they are', () => {
  const layouts = fc.nat(150).chain((columns) => fc.tuple(fc.constant(columns), rowsOf(columns)))
  const encoder = new RowEncoder()
  const decoder = new RowDecoder()
  fc.assert(
    fc.property(layouts, ([columns, rows]) => {
      encoder.reset(columns)
      decoder.reset(columns)
      for (const row of rows) requireRow(decoder, encodeRow(encoder, row), row)
    }),
    { seed: 4, numRuns: 400 },
  )
})

test('columns that are added leave the others as they are', () => {
  fc.assert(
    fc.property(rowsOf(20), rowsOf(90), (before, after) => {
      const encoder = new RowEncoder(20)
      const decoder = new RowDecoder(20)
      for (const row of before) requireRow(decoder, encodeRow(encoder, row), row)
      encoder.extend(90)
      decoder.extend(90)
      const unchanged = { timeMs: 1, words: new Uint32Array(180) }
      unchanged.words.set(before[before.length - 1].words)
      assert.ok(encodeRow(encoder, unchanged).length < 45, 'nothing of the first 20 is said again')
      encoder.reset(90)
      decoder.reset(90)
      for (const row of after) requireRow(decoder, encodeRow(encoder, row), row)
    }),
    { seed: 5 },
  )
})

test('a staleness marker that became quiet leaves as the marker', () => {
  const words = Uint32Array.of(STALE_LOW, QUIET_STALE_HIGH)
  const bytes = encodeRow(new RowEncoder(1), { timeMs: 5, words })
  const marker = Uint32Array.of(STALE_LOW, STALE_HIGH)
  requireRow(new RowDecoder(1), bytes, { timeMs: 5, words: marker })
})

test('a slice of a larger array is read from where it begins', () => {
  const all = Float64Array.of(1, 2, 3, 4)
  const into = new Cursor(new Uint8Array(rowBytesMax(2)))
  new RowEncoder(2).encode(7, all.subarray(2), into)
  const decoder = new RowDecoder(2)
  decoder.decode(new Cursor(into.bytes, 0, into.at))
  assert.deepEqual([...decoder.values], [3, 4])
})

test('C31: damaged bytes are refused as bad data, and nothing else happens', () => {
  const encoder = new RowEncoder(100)
  fc.assert(
    fc.property(
      rowsOf(100),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }),
      fc.nat(30),
      (rows, flips, cut) => {
        encoder.reset(100)
        const decoder = new RowDecoder(100)
        for (const row of rows) {
          const bytes = encodeRow(encoder, row)
          for (const [at, byte] of flips) bytes[at % bytes.length] ^= byte
          try {
            decoder.decode(new Cursor(bytes.subarray(0, Math.max(0, bytes.length - cut))))
          } catch (error) {
            assert.ok(error instanceof NarthexError && error.kind === 'bad_data', String(error))
            return
          }
        }
      },
    ),
    { seed: 6, numRuns: 1000 },
  )
})

for (const [name, columns, bytes] of [
  ['no bytes', 1, []],
  ['a time cut short', 1, [1, 0, 0]],
  ['a time that is no integer', 1, [1, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f]],
  ['a flag of times that nobody writes', 1, [3, 0, 0, 0, 0, 0, 0, 0, 0]],
  ['no columns', 1, [0]],
  ['a change past the columns', 3, [0, 1, 0x08, 4]],
  ['eight changes past the columns', 8, [0, 2, 0xff]],
  ['a change without its value', 1, [0, 1, 1]],
  ['an unknown kind', 1, [0, 1, 1, 0, 15]],
  ['bytes past the eighth', 1, [0, 1, 1, 0, 64 + 8 * 7 + 1, 0, 0]],
  ['bytes that are missing', 1, [0, 1, 1, 0, 64 + 7, 0, 0]],
  ['a number over its bound', 1, [0, 1, 1, 0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02]],
] as const) {
  test(`a row is refused: ${name}`, () => {
    assert.throws(
      () => new RowDecoder(columns).decode(new Cursor(Uint8Array.from(bytes))),
      (error) => error instanceof NarthexError && error.kind === 'bad_data',
    )
  })
}

test('scrapes of a real exporter take less than a byte a sample, key rows two', () => {
  const { rows } = readCaptures()
  const columns = rows[0].length
  const encoder = new RowEncoder(columns)
  const sizes = rows.map((values, i) => {
    const words = new Uint32Array(values.buffer)
    return encodeRow(encoder, { timeMs: 1.7e12 + 5000 * i + (i % 3), words }).length
  })
  const later = sizes.slice(1).reduce((sum, size) => sum + size, 0)
  assert.ok(columns > 900)
  assert.ok(sizes[0] <= 2 * columns, `the key row takes ${sizes[0] / columns} bytes a sample`)
  const perSample = later / (columns * (rows.length - 1))
  assert.ok(perSample <= 0.7, `rows take ${perSample} bytes a sample`)
})
