/** Whatever rows come and layouts change: what leaves is what came, once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Labels, labelsFrom } from '../../../src/model/labels.ts'
import { FrameSet } from '../../../src/send/frame/frameset.ts'
import type { Parcel } from '../../../src/send/parcel.ts'
import { requestOf, rowOf, samplesIn, samplesOf, viewOf } from './rows.ts'

const FROM_MS = 1_700_000_000_000

/** What happens between two rows. */
const step = fc.record({
  removed: fc.array(fc.nat(), { maxLength: 6 }),
  /** So many that follow each other. */
  cut: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 })),
  added: fc.array(fc.record({ at: fc.nat(), isOld: fc.boolean() }), { maxLength: 6 }),
  shuffled: fc.integer({ min: 0, max: 20 }),
  changed: fc.array(fc.record({ at: fc.nat(), value: fc.integer({ min: 0, max: 18 }) }), {
    maxLength: 10,
  }),
  repeat: fc.integer({ min: 1, max: 12 }),
  second: fc.integer({ min: 0, max: 3 }),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const VALUES = Float64Array.of(
  ...[0, 1, -0, 1e300, 0.1, Infinity, 42, 5e-324, 7],
  // Whole numbers of ever more bytes, and a fraction of few.
  ...[4096, 8191, 8192, -9000, 2 ** 21 - 1, 2 ** 21, 2 ** 36 + 3, 2 ** 37, 2 ** 53 - 1, 1.5],
)

/** A row of ids and values that goes through steps. */
class Source {
  ids: number[]
  readonly gone: number[] = []
  readonly values = new Map<number, number>()
  #nextId: number
  #array = new Float64Array(0)
  #timeMs = FROM_MS

  constructor(count: number) {
    this.ids = Array.from({ length: count }, (_, i) => i + 1)
    this.#nextId = count + 1
  }

  change({ removed, cut, added, shuffled, changed }: Step): void {
    this.gone.push(...this.ids.splice(1 + (cut % this.ids.length), cut))
    for (const at of removed) {
      if (this.ids.length > 1) this.gone.push(...this.ids.splice(at % this.ids.length, 1))
    }
    for (const { at, isOld } of added) {
      const old = isOld ? this.gone.shift() : undefined
      this.ids.splice(at % this.ids.length, 0, old ?? this.#nextId++)
    }
    if (shuffled === 1) this.ids.reverse()
    for (const { at, value } of changed) this.values.set(this.ids[at % this.ids.length], value)
  }

  row(): Parcel {
    if (this.ids.some((id, i) => this.#array[i] !== id) || this.#array.length > this.ids.length) {
      this.#array = Float64Array.from(this.ids)
    }
    const values = Float64Array.from(this.ids, (id) => VALUES[this.values.get(id) ?? id % 3])
    const bits = new Uint32Array(values.buffer)
    for (let i = 0; i < values.length; i++) {
      if (values[i] !== 7) continue
      bits.set([2, i % 2 === 0 ? 0x7ff00000 : 0x7ff80000], 2 * i)
    }
    this.#timeMs += 15_000
    return rowOf(this.#array, values, this.#timeMs)
  }
}

function labelsOf(id: number): Labels {
  return labelsFrom([
    ['__name__', id % 5 === 0 ? 'a' : `metric_${id % 7}_total`],
    ['x', 'x'.repeat((id * 37) % 300)],
    ['π', `${id} √`],
    ['job', 'node'],
  ])
}

/** Relabelled as another destination wants it. */
function relabelled(id: number): Labels {
  return labelsFrom([
    ['__name__', `other_${id}`],
    ['cluster', 'eu1'],
  ])
}

for (const [name, labels] of [
  ['as scraped', labelsOf],
  ['relabelled', relabelled],
] as const) {
  test(`rows over changing layouts arrive whole: ${name}`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 1, max: 40 }),
        fc.array(step, { minLength: 1, maxLength: 14 }),
        (count, samplesMax, steps) => {
          const view = viewOf(labels)
          const frames = new FrameSet(view)
          const source = new Source(count)
          let last: Parcel | undefined
          const check = (parcel: Parcel): void => {
            const parts = frames.encode(parcel, samplesMax)
            if (parts === undefined) return
            assert.deepEqual(samplesIn(requestOf(parts, parcel)), samplesOf(parcel, view))
            assert.ok(parts.every((part) => part.count <= samplesMax))
            assert.equal(
              parts.reduce((sum, part) => sum + part.count, 0),
              parcel.count,
            )
          }
          for (const one of steps) {
            source.change(one)
            for (let i = 0; i < one.repeat; i++) {
              const row = source.row()
              check(row)
              // A second destination: the same row, or one behind.
              if (one.second === 1) check(row)
              if (one.second === 2 && last !== undefined) check(last)
              last = row
            }
          }
          frames.close()
        },
      ),
      { numRuns: 60, seed: 20261121 },
    )
  })
}
