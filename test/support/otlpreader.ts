/** Reads OTLP metrics requests, independent of the code under test: a walk over protobuf fields. */

/** Fields of a message by their number. */
type Fields = Map<number, (bigint | Buffer)[]>

export interface ReadPoint {
  readonly metric: string
  readonly description: string
  readonly unit: string
  /** `gauge`, `sum`, `monotonic`, `histogram`, `exponential` */
  readonly kind: string
  readonly resource: Record<string, string>
  readonly attributes: Record<string, string>
  readonly timeNs: bigint
  readonly flags: bigint
  /** Of numbers; undefined without one. */
  readonly value: number | undefined
  /** Fields of a histogram's data point. */
  readonly fields: Fields
}

/** All data points of an ExportMetricsServiceRequest. @throws for anything that is no field */
export function readOtlp(bytes: Buffer): ReadPoint[] {
  const points: ReadPoint[] = []
  const request = fieldsOf(bytes)
  only(request, [1])
  for (const resourceMetrics of messages(request, 1)) {
    only(resourceMetrics, [1, 2])
    const resource = attributesOf(messages(resourceMetrics, 1)[0] ?? new Map(), 1)
    for (const scopeMetrics of messages(resourceMetrics, 2)) {
      only(scopeMetrics, [1, 2])
      for (const metric of messages(scopeMetrics, 2)) readMetric(metric, resource, points)
    }
  }
  return points
}

const KINDS: readonly [number, string, attributes: number, flags: number][] = [
  [5, 'gauge', 7, 8],
  [7, 'sum', 7, 8],
  [9, 'histogram', 9, 10],
  [10, 'exponential', 1, 10],
]

function readMetric(metric: Fields, resource: Record<string, string>, points: ReadPoint[]): void {
  only(metric, [1, 2, 3, 5, 7, 9, 10])
  const found = KINDS.filter(([number]) => metric.has(number))
  if (found.length !== 1) throw new Error('a metric has one kind of data')
  const [number, kind, attributes, flags] = found[0]
  const data = messages(metric, number)[0]
  const isMonotonic = kind === 'sum' && data.get(3)?.[0] === 1n
  if (kind !== 'gauge' && data.get(2)?.[0] !== 2n) throw new Error('temporality is not cumulative')
  for (const point of messages(data, 1)) {
    points.push({
      metric: textOf(metric, 1),
      description: textOf(metric, 2),
      unit: textOf(metric, 3),
      kind: isMonotonic ? 'monotonic' : kind,
      resource,
      attributes: attributesOf(point, attributes),
      timeNs: point.get(3)?.[0] as bigint,
      flags: (point.get(flags)?.[0] as bigint | undefined) ?? 0n,
      value: number <= 7 ? doubleOf(point, 4) : undefined,
      fields: point,
    })
  }
}

/** The value of a field of kind double; undefined without it. */
export function doubleOf(fields: Fields, number: number): number | undefined {
  const bits = fields.get(number)?.[0]
  if (bits === undefined) return undefined
  return new Float64Array(BigUint64Array.of(bits as bigint).buffer)[0]
}

/** Messages in a field. */
export function messages(fields: Fields, number: number): Fields[] {
  return (fields.get(number) ?? []).map((bytes) => fieldsOf(bytes as Buffer))
}

/** Varints that are packed into a field. */
export function packed(fields: Fields, number: number): bigint[] {
  const bytes = fields.get(number)?.[0] as Buffer
  const values: bigint[] = []
  for (let at = 0; at < bytes.length; ) {
    const [value, next] = varint(bytes, at)
    values.push(value)
    at = next
  }
  return values
}

function only(fields: Fields, known: readonly number[]): void {
  for (const number of fields.keys()) {
    if (!known.includes(number)) throw new Error(`field ${number} is not among ${known.join()}`)
  }
}

function textOf(fields: Fields, number: number): string {
  const bytes = (fields.get(number)?.[0] ?? Buffer.alloc(0)) as Buffer
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
}

function attributesOf(fields: Fields, number: number): Record<string, string> {
  const attributes: Record<string, string> = {}
  for (const pair of messages(fields, number)) {
    const name = textOf(pair, 1)
    if (name in attributes) throw new Error(`attribute ${name} stands twice`)
    attributes[name] = textOf(messages(pair, 2)[0], 1)
  }
  return attributes
}

function fieldsOf(bytes: Buffer): Fields {
  const fields: Fields = new Map()
  for (let at = 0; at < bytes.length; ) {
    const [head, next] = varint(bytes, at)
    const [value, end] = valueAt(bytes, next, Number(head & 7n))
    const number = Number(head >> 3n)
    const known = fields.get(number)
    if (known === undefined) fields.set(number, [value])
    else known.push(value)
    at = end
  }
  return fields
}

function valueAt(bytes: Buffer, at: number, kind: number): [bigint | Buffer, number] {
  if (kind === 0) return varint(bytes, at)
  if (kind === 1) return [bytes.readBigUInt64LE(at), at + 8]
  if (kind !== 2) throw new Error(`kind ${kind}`)
  const [length, from] = varint(bytes, at)
  const to = from + Number(length)
  if (to > bytes.length) throw new Error('a field ends behind its message')
  return [bytes.subarray(from, to), to]
}

function varint(bytes: Buffer, from: number): [bigint, number] {
  let value = 0n
  for (let at = from; at < bytes.length && at < from + 10; at++) {
    value |= BigInt(bytes[at] & 0x7f) << BigInt(7 * (at - from))
    if (bytes[at] < 0x80) return [value, at + 1]
  }
  throw new Error('a varint that does not end')
}
