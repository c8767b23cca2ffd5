/** Parcels become bodies: bounds, order, what is left out, bodies that are made side by side. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type BodyEncoder, makeBodies } from '../../../src/send/http/body.ts'
import { ResultSum } from '../../../src/send/http/resultsum.ts'
import type { Parcel } from '../../../src/send/parcel.ts'

/** A byte for each sample: its value. Odd ids are left out. */
class Bytes implements BodyEncoder {
  /** Used again for each body, as encoders do. */
  readonly #bytes = new Uint8Array(256)

  sizeBytes = 0

  begin(): void {
    this.sizeBytes = 0
  }

  sample(id: number, _timeMs: number, values: Float64Array, i: number): string {
    if (id % 2 === 1) return 'odd'
    this.#bytes[this.sizeBytes++] = values[i]
    return ''
  }

  end(): Uint8Array {
    return this.#bytes.subarray(0, this.sizeBytes)
  }

  forget(): void {}
}

function parcelOf(ids: readonly number[]): Parcel {
  return {
    lane: 0,
    count: ids.length,
    ids: Float64Array.from(ids),
    values: Float64Array.from(ids),
    timeMs: 1,
    times: undefined,
    histograms: [],
    exemplars: [],
    takenMs: 0,
  }
}

test('every sample is in one body, in its order, or counted, within the bounds', () => {
  const parcels = fc.array(fc.array(fc.nat(255), { maxLength: 12 }), { maxLength: 6 })
  fc.assert(
    fc.property(
      parcels,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      (lists, samplesMax, bytesMax) => {
        const leftOut = new ResultSum()
        const bounds = { samplesMax, bytesMax }
        const bodies = [...makeBodies(lists.map(parcelOf), new Bytes(), bounds, leftOut)]
        for (const { bytes, sampleCount } of bodies) {
          assert.equal(bytes.length, sampleCount)
          assert.ok(sampleCount >= 1 && sampleCount <= Math.min(samplesMax, bytesMax))
        }
        const all = lists.flat()
        assert.deepEqual(
          bodies.flatMap(({ bytes }) => [...bytes]),
          all.filter((id) => id % 2 === 0),
        )
        const odd = all.filter((id) => id % 2 === 1).length
        const result = leftOut.result()
        assert.ok(result.outcome === 'written')
        assert.equal(result.refused.get('odd') ?? 0, odd)
      },
    ),
    { seed: 41, numRuns: 300 },
  )
})

test('bodies of several writes are made side by side', () => {
  const encoder = new Bytes()
  const bounds = { samplesMax: 2, bytesMax: 99 }
  const a = makeBodies([parcelOf([2, 4, 6])], encoder, bounds, new ResultSum())
  const b = makeBodies([parcelOf([8, 10, 12])], encoder, bounds, new ResultSum())
  const made = [a.next(), b.next(), a.next(), b.next()].map(({ value }) => [
    ...(value?.bytes ?? []),
  ])
  assert.deepEqual(made, [[2, 4], [8, 10], [6], [12]])
})

test('the first refusal stands when nothing was written', () => {
  const sum = new ResultSum()
  sum.add({ outcome: 'refused', reason: 'status_400', message: 'no' }, 3)
  assert.deepEqual(sum.result(), { outcome: 'refused', reason: 'status_400', message: 'no' })
  sum.add({ outcome: 'written', refused: new Map([['x', 1]]) }, 5)
  const result = sum.result()
  assert.ok(result.outcome === 'written')
  assert.deepEqual(
    [...result.refused],
    [
      ['status_400', 3],
      ['x', 1],
    ],
  )
})
