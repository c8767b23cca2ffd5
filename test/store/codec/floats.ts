/** Columns as they come: counters, gauges, decimals, staleness markers, any bits at all. */
import fc from 'fast-check'

/** A float64 of any 64 bits, NaN payloads included, as [high, low]. */
export const anyBits: fc.Arbitrary<readonly [number, number]> = fc.tuple(
  fc.oneof(
    fc.nat(0xffffffff),
    fc.constantFrom(0, 0x80000000, 0x7ff00000, 0xfff00000, 0x7ff80000, 0xfff80000, 0x3ff00000),
  ),
  fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0, 1, 2)),
)

const bits = new Uint32Array(2)
const float = new Float64Array(bits.buffer)

function floatOf(pair: readonly [number, number]): number {
  bits[1] = pair[0]
  bits[0] = pair[1]
  return float[0]
}

const decimal = fc
  .tuple(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }), fc.integer({ min: 0, max: 6 }))
  .map(([n, e]) => n / 10 ** e)

const counter = fc
  .tuple(fc.nat(2 ** 40), fc.array(fc.nat(1000), { minLength: 1, maxLength: 150 }), fc.nat(149))
  .map(([first, steps, reset]) => {
    let value = first
    return steps.map((step, i) => {
      value = i === reset ? step : value + step
      return value
    })
  })

const gauge = fc.array(decimal, { minLength: 1, maxLength: 150 })
const integers = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), {
  minLength: 1,
  maxLength: 150,
})
const large = fc.array(fc.maxSafeInteger(), { minLength: 1, maxLength: 80 })
const raw = fc.array(anyBits.map(floatOf), { minLength: 1, maxLength: 150 })
const doubles = fc.array(fc.double(), { minLength: 1, maxLength: 150 })
const constant = fc
  .tuple(anyBits.map(floatOf), fc.integer({ min: 1, max: 150 }))
  .map(([value, count]) => new Array<number>(count).fill(value))

/** A column with some of its values replaced by odd ones. */
export const anyColumn: fc.Arbitrary<Float64Array> = fc
  .tuple(
    fc.oneof(counter, gauge, integers, large, raw, doubles, constant),
    fc.array(fc.tuple(fc.nat(149), anyBits), { maxLength: 4 }),
  )
  .map(([values, odd]) => {
    const column = Float64Array.from(values)
    const words = new Uint32Array(column.buffer)
    for (const [slot, [high, low]] of odd) {
      if (slot >= column.length) continue
      words[2 * slot + 1] = high
      words[2 * slot] = low
    }
    return column
  })

/** The bits of a column as text, for exact comparison. */
export function bitsOf(values: Float64Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex')
}
