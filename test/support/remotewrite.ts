/** A remote-write 1.0 sender of its own, independent of the code under test: protobuf by hand, snappy as literals. */

/** One series of a request. */
export interface SentSeries {
  readonly labels: Readonly<Record<string, string>>
  /** [ms since epoch, value] */
  readonly samples: readonly (readonly [number, number])[]
}

/** One series as it is sent, right or wrong: names and values of its labels in any order and of any bytes. */
export interface RawSeries {
  readonly pairs: readonly (readonly [string | Buffer, string | Buffer])[]
  readonly samples: SentSeries['samples']
}

/** Body of a request. */
export function encodeWriteRequest(series: readonly SentSeries[]): Uint8Array {
  return encodeRawRequest(
    series.map(({ labels, samples }) => ({
      pairs: Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)),
      samples,
    })),
  )
}

/** Body of a request of which nothing is put right. */
export function encodeRawRequest(series: readonly RawSeries[]): Uint8Array {
  const parts: Buffer[] = []
  for (const { pairs, samples } of series) {
    const inner: Buffer[] = []
    for (const [name, value] of pairs) {
      const pair = [field(1, Buffer.from(name)), field(2, Buffer.from(value))]
      inner.push(field(1, Buffer.concat(pair)))
    }
    for (const [timeMs, value] of samples) {
      const sample = Buffer.alloc(9)
      sample[0] = 0x09
      sample.writeDoubleLE(value, 1)
      inner.push(field(2, Buffer.concat([sample, Buffer.from([0x10]), varint(timeMs)])))
    }
    parts.push(field(1, Buffer.concat(inner)))
  }
  return literalSnappy(Buffer.concat(parts))
}

/** Sends a request. @returns the status, or 0 when the connection failed */
export async function sendWrite(url: string, series: readonly SentSeries[]): Promise<number> {
  try {
    const reply = await fetch(`${url}/api/v1/write`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-protobuf',
        'content-encoding': 'snappy',
        'x-prometheus-remote-write-version': '0.1.0',
      },
      body: Buffer.from(encodeWriteRequest(series)),
    })
    await reply.arrayBuffer()
    return reply.status
  } catch {
    return 0 // the server went away: not acknowledged
  }
}

function field(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2]), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  return Buffer.from([...bytes, rest])
}

/** Snappy that only uses literals of up to 64 KiB. */
export function literalSnappy(bytes: Buffer): Uint8Array {
  const parts: Buffer[] = [varint(bytes.length)]
  for (let at = 0; at < bytes.length; at += 65_536) {
    const piece = bytes.subarray(at, at + 65_536)
    const head = Buffer.alloc(3)
    head[0] = 61 << 2
    head.writeUInt16LE(piece.length - 1, 1)
    parts.push(head, piece)
  }
  return Buffer.concat(parts)
}
