/** Reads remote write requests by their fields alone, independent of the code under test. */

/** A sample, histogram or exemplar as it stands in a request. */
export interface ReadSeries {
  readonly labels: readonly string[]
  /** Time and the 16 hexadecimal digits of the value. */
  readonly samples: readonly (readonly [timeMs: number, bits: string])[]
  readonly histograms: readonly ReadHistogram[]
  readonly exemplars: readonly {
    readonly labels: readonly string[]
    readonly value: number
    readonly timeMs: number
  }[]
  /** Of 2.0: type, help and unit. */
  readonly metadata: readonly [type: number, help: string, unit: string] | undefined
}

/** Counts are absolute. */
export interface ReadHistogram {
  readonly timeMs: number
  readonly isFloat: boolean
  readonly count: number
  readonly sumBits: string
  readonly schema: number
  readonly zeroThreshold: number
  readonly zeroCount: number
  readonly resetHint: number
  readonly positiveSpans: readonly (readonly [offset: number, length: number])[]
  readonly positiveCounts: readonly number[]
  readonly negativeSpans: readonly (readonly [offset: number, length: number])[]
  readonly negativeCounts: readonly number[]
  readonly customValues: readonly number[]
}

export interface ReadRequest {
  readonly series: readonly ReadSeries[]
  /** Of 1.0: type, family, help and unit. */
  readonly metadata: readonly (readonly [
    type: number,
    family: string,
    help: string,
    unit: string,
  ])[]
}

/** A field: a whole number, or bytes. */
interface Field {
  readonly number: number
  readonly value: bigint
  readonly bytes: Buffer
}

/** Undoes snappy, element by element. */
export function unsnappy(block: Uint8Array): Buffer {
  const made: number[] = []
  let at = 0
  const byte = (): number => block[at++]
  let size = 0
  for (let shift = 0, more = true; more; shift += 7) {
    const next = byte()
    size += (next & 0x7f) * 2 ** shift
    more = next >= 0x80
  }
  while (at < block.length) {
    const tag = byte()
    if ((tag & 3) === 0) {
      let length = tag >>> 2
      if (length >= 60) {
        const lengthBytes = length - 59
        length = 0
        for (let i = 0; i < lengthBytes; i++) length += byte() * 2 ** (8 * i)
      }
      for (let i = 0; i <= length; i++) made.push(byte())
      continue
    }
    let length = (tag >>> 2) + 1
    let offset = 0
    if ((tag & 3) === 1) {
      length = ((tag >>> 2) & 7) + 4
      offset = (tag >>> 5) * 256 + byte()
    } else for (let i = 0; i < 2 * (tag & 3) - 2; i++) offset += byte() * 2 ** (8 * i)
    for (let i = 0; i < length; i++) made.push(made[made.length - offset])
  }
  if (made.length !== size) throw new Error(`snappy: ${made.length} bytes, ${size} declared`)
  return Buffer.from(made)
}

/** Reads a request of version 1 or 2, not compressed. */
export function readWriteRequest(version: 1 | 2, bytes: Uint8Array): ReadRequest {
  const fields = fieldsOf(Buffer.from(bytes))
  const symbols = fields.filter(({ number }) => number === 4).map((field) => text(field))
  const series = fields
    .filter(({ number }) => number === (version === 1 ? 1 : 5))
    .map((field) => readSeries(version, fieldsOf(field.bytes), symbols))
  const metadata =
    version === 2
      ? []
      : fields
          .filter(({ number }) => number === 3)
          .map(({ bytes: inner }) => {
            const parts = fieldsOf(inner)
            const [family, help, unit] = [2, 4, 5].map((number) => textOf(parts, number))
            return [intOf(parts, 1), family, help, unit] as const
          })
  return { series, metadata }
}

function readSeries(version: 1 | 2, fields: readonly Field[], symbols: string[]): ReadSeries {
  const all = (number: number): Field[][] =>
    fields.filter((field) => field.number === number).map(({ bytes }) => fieldsOf(bytes))
  const metadata = version === 2 ? all(5)[0] : undefined
  return {
    labels: readLabels(version, fields, symbols),
    samples: all(2).map((sample) => [intOf(sample, 2), bitsOf(sample, 1)]),
    histograms: all(version === 1 ? 4 : 3).map(readHistogram),
    exemplars: all(version === 1 ? 3 : 4).map((exemplar) => ({
      labels: readLabels(version, exemplar, symbols),
      value: doubleOf(exemplar, 2),
      timeMs: intOf(exemplar, 3),
    })),
    metadata:
      metadata === undefined
        ? undefined
        : [intOf(metadata, 1), symbols[intOf(metadata, 3)], symbols[intOf(metadata, 4)]],
  }
}

function readLabels(version: 1 | 2, fields: readonly Field[], symbols: string[]): string[] {
  if (version === 2) return numbersOf(fields, 1).map((place) => symbols[Number(place)])
  return fields
    .filter(({ number }) => number === 1)
    .flatMap(({ bytes }) => {
      const pair = fieldsOf(bytes)
      return [textOf(pair, 1), textOf(pair, 2)]
    })
}

function readHistogram(fields: readonly Field[]): ReadHistogram {
  const isFloat = fields.some(({ number }) => number === 2)
  const spans = (number: number): [number, number][] =>
    fields
      .filter((field) => field.number === number)
      .map(({ bytes }) => {
        const span = fieldsOf(bytes)
        return [
          Number(unfold(span.find((field) => field.number === 1)?.value ?? 0n)),
          intOf(span, 2),
        ]
      })
  const counts = (deltas: number, doubles: number): number[] => {
    if (isFloat) return doublesOf(fields, doubles)
    let count = 0n
    return numbersOf(fields, deltas).map((delta) => {
      count += unfold(delta)
      return Number(count)
    })
  }
  return {
    timeMs: intOf(fields, 15),
    isFloat,
    count: isFloat ? doubleOf(fields, 2) : intOf(fields, 1),
    sumBits: bitsOf(fields, 3),
    schema: Number(unfold(fields.find(({ number }) => number === 4)?.value ?? 0n)),
    zeroThreshold: doubleOf(fields, 5),
    zeroCount: isFloat ? doubleOf(fields, 7) : intOf(fields, 6),
    resetHint: intOf(fields, 14),
    positiveSpans: spans(11),
    positiveCounts: counts(12, 13),
    negativeSpans: spans(8),
    negativeCounts: counts(9, 10),
    customValues: doublesOf(fields, 16),
  }
}

function fieldsOf(bytes: Buffer): Field[] {
  const fields: Field[] = []
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const head = Number(varint())
    const kind = head & 7
    const value = kind === 0 ? varint() : 0n
    const size = kind === 2 ? Number(varint()) : kind === 1 ? 8 : 0
    if (at + size > bytes.length) throw new Error(`field ${head >>> 3} runs over the end`)
    fields.push({ number: head >>> 3, value, bytes: bytes.subarray(at, at + size) })
    at += size
  }
  return fields
}

function numbersOf(fields: readonly Field[], number: number): bigint[] {
  const packed = fields.find((field) => field.number === number)?.bytes ?? Buffer.alloc(0)
  const values: bigint[] = []
  let value = 0n
  let shift = 0n
  for (const byte of packed) {
    value |= BigInt(byte & 0x7f) << shift
    shift += 7n
    if (byte >= 0x80) continue
    values.push(value)
    value = 0n
    shift = 0n
  }
  return values
}

function doublesOf(fields: readonly Field[], number: number): number[] {
  const packed = fields.find((field) => field.number === number)?.bytes ?? Buffer.alloc(0)
  return Array.from({ length: packed.length / 8 }, (_, i) => packed.readDoubleLE(8 * i))
}

function intOf(fields: readonly Field[], number: number): number {
  return Number(BigInt.asIntN(64, fields.find((field) => field.number === number)?.value ?? 0n))
}

function bitsOf(fields: readonly Field[], number: number): string {
  const bytes = fields.find((field) => field.number === number)?.bytes ?? Buffer.alloc(8)
  return Buffer.from(bytes).reverse().toString('hex')
}

function doubleOf(fields: readonly Field[], number: number): number {
  return fields.find((field) => field.number === number)?.bytes.readDoubleLE() ?? 0
}

function textOf(fields: readonly Field[], number: number): string {
  const field = fields.find((one) => one.number === number)
  return field === undefined ? '' : text(field)
}

function text(field: Field): string {
  return field.bytes.toString('utf8')
}

function unfold(value: bigint): bigint {
  return (value >> 1n) ^ -(value & 1n)
}
