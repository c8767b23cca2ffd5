/** Timestamps of a block: exact, small when they are regular, refused when they do not rise. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Cursor } from '../../../src/base/bytes.ts'
import { NarthexError } from '../../../src/base/error.ts'
import { decodeTimes, encodeTimes, timesBytesMax } from '../../../src/store/codec/times.ts'

function encoded(times: Float64Array): Uint8Array {
  const into = new Cursor(new Uint8Array(timesBytesMax(times.length)))
  encodeTimes(times, 0, times.length, into)
  return into.bytes.slice(0, into.at)
}

const badData = (error: unknown): boolean =>
  error instanceof NarthexError && error.kind === 'bad_data'

const risingTimes = fc
  .tuple(
    fc.integer({ min: -(10 ** 12), max: 2 * 10 ** 12 }),
    fc.array(fc.oneof(fc.constant(15_000), fc.nat(30_000), fc.nat(10 ** 11)), { maxLength: 200 }),
  )
  .map(([first, steps]) => {
    let time = first
    return Float64Array.from([first, ...steps.map((step) => (time += step + 1))])
  })

test('rising times come back', () => {
  fc.assert(
    fc.property(risingTimes, (times) => {
      const c = new Cursor(encoded(times))
      const back = new Float64Array(times.length)
      decodeTimes(c, times.length, back, 0)
      assert.deepEqual(back, times)
      assert.equal(c.at, c.end)
    }),
    { seed: 7, numRuns: 500 },
  )
})

for (const [name, bytesMax, jitterMs] of [
  ['on the beat', 12, 0],
  ['3 ms around the beat', 12 + 512 * 0.6, 3],
] as const) {
  test(`512 times ${name} take at most ${bytesMax} bytes`, () => {
    const times = Float64Array.from(
      { length: 512 },
      (_, i) => 1.7e12 + 15_000 * i + ((i * 7919) % (2 * jitterMs + 1)),
    )
    assert.ok(encoded(times).length <= bytesMax, `${encoded(times).length} bytes`)
  })
}

test('times that stand still are refused', () => {
  const bytes = encoded(Float64Array.of(5, 5, 5))
  const c = new Cursor(bytes)
  assert.throws(() => decodeTimes(c, 3, new Float64Array(3), 0), badData)
  assert.equal(c.at, 0)
})

test('C31: damaged times are refused or rise', () => {
  fc.assert(
    fc.property(risingTimes, fc.nat(300), fc.nat(255), fc.nat(10), (times, at, byte, cut) => {
      const bytes = encoded(times)
      bytes[at % bytes.length] = byte
      const back = new Float64Array(times.length)
      try {
        decodeTimes(new Cursor(bytes, 0, Math.max(0, bytes.length - cut)), times.length, back, 0)
      } catch (error) {
        assert.ok(badData(error), String(error))
        return
      }
      for (let i = 1; i < back.length; i++) assert.ok(back[i] > back[i - 1])
    }),
    { seed: 8, numRuns: 2000 },
  )
})
