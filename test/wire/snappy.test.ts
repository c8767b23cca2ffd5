/** Snappy: blocks come back, foreign blocks are read, damage and bombs are refused before memory goes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NarthexError } from '../../src/base/error.ts'
import {
  decodeSnappy,
  encodeSnappy,
  snappyDecodedBytes,
  snappyEncodedBytesMax,
} from '../../src/wire/snappy.ts'

const BOUND = 1 << 20

function encode(bytes: Uint8Array): Uint8Array {
  const into = new Uint8Array(snappyEncodedBytesMax(bytes.length))
  return into.slice(0, encodeSnappy(bytes, bytes.length, into))
}

function decode(block: Uint8Array): Uint8Array {
  const sizeBytes = snappyDecodedBytes(block, BOUND)
  const into = new Uint8Array(sizeBytes)
  decodeSnappy(block, sizeBytes, into)
  return into
}

const isKind =
  (kind: string) =>
  (error: unknown): boolean =>
    error instanceof NarthexError && error.kind === kind

/** Bytes with repetitions at all distances. */
const repetitive = fc
  .array(fc.tuple(fc.uint8Array({ maxLength: 80 }), fc.integer({ min: 1, max: 30 })), {
    maxLength: 30,
  })
  .map((parts) => {
    const bytes: number[] = []
    for (const [part, times] of parts) for (let i = 0; i < times; i++) bytes.push(...part)
    return Uint8Array.from(bytes)
  })

test('what is encoded comes back', () => {
  fc.assert(
    fc.property(fc.oneof(repetitive, fc.uint8Array({ maxLength: 3000 })), (bytes) => {
      assert.deepEqual(decode(encode(bytes)), bytes)
    }),
    { seed: 11, numRuns: 400 },
  )
})

test('bytes over several stretches of 64 KiB come back', () => {
  const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => (i * i) >> 7)
  assert.deepEqual(decode(encode(bytes)), bytes)
})

test('label texts shrink', () => {
  const text = Buffer.from('http_requests_total{method="GET",handler="/api/v1/query"}'.repeat(50))
  assert.ok(encode(text).length * 8 < text.length)
})

for (const [name, block, text] of [
  ['a literal', [5, 4 << 2, ...Buffer.from('hello')], 'hello'],
  ['a long literal', [70, 60 << 2, 69, ...Buffer.alloc(70, 'x')], 'x'.repeat(70)],
  [
    'a copy of one byte offset',
    [12, 3 << 2, ...Buffer.from('abcd'), 1 | (4 << 2), 4],
    'abcdabcdabcd',
  ],
  ['a copy of two bytes offset', [8, 1 << 2, ...Buffer.from('ab'), 2 | (5 << 2), 2, 0], 'abababab'],
  ['a copy of four bytes offset', [4, 0, ...Buffer.from('a'), 3 | (2 << 2), 1, 0, 0, 0], 'aaaa'],
  ['nothing', [0], ''],
] as const) {
  test(`${name} is read`, () => {
    assert.equal(Buffer.from(decode(Uint8Array.from(block))).toString(), text)
  })
}

for (const [name, block] of [
  ['no bytes', []],
  ['a length that never ends', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80]],
  ['a length no block of this size can make', [0xff, 0x7f, 0, 0]],
  ['a literal past the end', [5, 4 << 2, 1, 2]],
  ['a literal past the declared length', [1, 4 << 2, 1, 2, 3, 4, 5]],
  ['a copy from before the start', [4, 0, 1, 2 | (2 << 2), 2, 0]],
  ['a copy of offset 0', [4, 0, 1, 2 | (2 << 2), 0, 0]],
  ['a copy without its offset', [4, 0, 1, 2 | (2 << 2), 1]],
  ['fewer bytes than declared', [9, 0, 1]],
] as const) {
  test(`refuses ${name}`, () => {
    assert.throws(() => decode(Uint8Array.from(block)), isKind('bad_data'))
  })
}

test('C27: a block that declares too much is too big before anything is allocated', () => {
  const block = new Uint8Array(100_000)
  block.set([0x80, 0x80, 0x80, 0x01])
  assert.throws(() => snappyDecodedBytes(block, BOUND), isKind('too_big'))
})

test('C31: damaged and arbitrary blocks are refused or decoded, never more', () => {
  fc.assert(
    fc.property(
      repetitive,
      fc.uint8Array({ minLength: 1, maxLength: 6 }),
      fc.nat(),
      (bytes, damage, at) => {
        const block = encode(bytes)
        for (let i = 0; i < damage.length; i++) block[(at + 7 * i) % block.length] = damage[i]
        for (const candidate of [block, damage]) {
          try {
            decode(candidate)
          } catch (error) {
            assert.ok(error instanceof NarthexError, String(error))
          }
        }
      },
    ),
    { seed: 12, numRuns: 3000 },
  )
})
