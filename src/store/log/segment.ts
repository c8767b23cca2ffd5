/** The bytes of a log segment: a header, then records that are found again behind damage. */
import { crc32 } from 'node:zlib'
import { Cursor } from '../../base/bytes.ts'
import { NarthexError } from '../../base/error.ts'

/** Version of the layout; a newer one is refused. */
const SEGMENT_VERSION = 1

export const SEGMENT_HEADER_BYTES = 16
export const RECORD_HEADER_BYTES = 20

/** Largest payload of one record. */
export const RECORD_BYTES_MAX: number = 64 * 1024 * 1024

const MAGIC = 0x474c584e
const NAME = /^(\d{8,15})-(\d{16})-([0-9a-f]{8})\.log$/
const TWO_32 = 2 ** 32
const SEQUENCE_HIGH_MAX = 2 ** 21 - 1

/** What the name of a segment says, so that no damage to its bytes can hide it. */
export interface SegmentName {
  readonly name: string
  /** Rises by one from segment to segment. */
  readonly number: number
  /** Sequence of its first record. */
  readonly firstSequence: number
  /** Seeds every checksum, so that bytes sent by someone else never look like a record. */
  readonly salt: number
}

export function formatSegmentName(number: number, firstSequence: number, salt: number): string {
  const hex = salt.toString(16).padStart(8, '0')
  return `${String(number).padStart(8, '0')}-${String(firstSequence).padStart(16, '0')}-${hex}.log`
}

/** The parts of a segment's name; undefined for another file. */
export function parseSegmentName(name: string): SegmentName | undefined {
  const match = NAME.exec(name)
  if (match === null) return undefined
  return {
    name,
    number: Number(match[1]),
    firstSequence: Number(match[2]),
    salt: Number.parseInt(match[3], 16),
  }
}

export function encodeSegmentHeader(): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, SEGMENT_VERSION, true)
  view.setUint32(12, crc32(bytes.subarray(0, 12)), true)
  return bytes
}

/** Writes one record; the cursor has room for RECORD_HEADER_BYTES and the payload. */
export function writeRecord(
  into: Cursor,
  salt: number,
  sequence: number,
  payload: Uint8Array,
): void {
  const { view, at } = into
  view.setUint32(at, payload.length, true)
  view.setUint32(at + 4, crc32(payload, salt), true)
  view.setUint32(at + 8, sequence % TWO_32, true)
  view.setUint32(at + 12, Math.floor(sequence / TWO_32), true)
  view.setUint32(at + 16, crc32(into.bytes.subarray(at, at + 16), salt), true)
  into.bytes.set(payload, at + RECORD_HEADER_BYTES)
  into.at = at + RECORD_HEADER_BYTES + payload.length
}

/** What readSegment finds, in the order of the bytes. */
export interface SegmentReader {
  /** A whole record. */
  record(sequence: number, payload: Uint8Array): void
  /** Bytes [from, to) that are no record. */
  damage(from: number, to: number): void
  /** An unfinished record or zeros up to the end: what a crash leaves behind. */
  torn(from: number): void
}

/**
 * Reads every whole record of a segment; damage costs only what it touches.
 *
 * @throws NarthexError `corrupt` when the segment was written by a newer version
 */
export function readSegment(bytes: Uint8Array, name: SegmentName, reader: SegmentReader): void {
  const c = new Cursor(bytes)
  readHeader(c, name, reader)
  while (c.at < c.end) {
    const start = c.at
    if (!isRecordHeader(c, start, name)) {
      const next = findRecord(c, start + 1, name)
      if (next === c.end && isTail(bytes, start)) reader.torn(start)
      else reader.damage(start, next)
      c.at = next
      continue
    }
    const sizeBytes = c.view.getUint32(start, true)
    const end = start + RECORD_HEADER_BYTES + sizeBytes
    if (end > c.end) {
      const next = findRecord(c, start + 1, name)
      if (next === c.end) reader.torn(start)
      else reader.damage(start, next)
      c.at = next
      continue
    }
    const payload = bytes.subarray(start + RECORD_HEADER_BYTES, end)
    if (crc32(payload, name.salt) === c.view.getUint32(start + 4, true)) {
      reader.record(sequenceAt(c, start), payload)
      c.at = end
    } else {
      c.at = skipDamaged(c, start, end, name)
      reader.damage(start, c.at)
    }
  }
}

/** Leaves the cursor on the first record. */
function readHeader(c: Cursor, name: SegmentName, reader: SegmentReader): void {
  if (c.end < SEGMENT_HEADER_BYTES) {
    if (c.end > 0) reader.torn(0)
    c.at = c.end
    return
  }
  c.at = SEGMENT_HEADER_BYTES
  const whole = crc32(c.bytes.subarray(0, 12)) === c.view.getUint32(12, true)
  if (!whole || c.view.getUint32(0, true) !== MAGIC) {
    reader.damage(0, SEGMENT_HEADER_BYTES)
    return
  }
  const version = c.view.getUint32(4, true)
  if (version > SEGMENT_VERSION) {
    throw new NarthexError(
      'corrupt',
      `cannot read log segment ${name.name}: version ${version}, at most ${SEGMENT_VERSION} is known`,
    )
  }
}

/**
 * Where reading goes on behind a record whose payload is damaged: at the next record, which lies
 * right behind it unless a crash tore both.
 */
function skipDamaged(c: Cursor, start: number, end: number, name: SegmentName): number {
  if (end === c.end || isRecordHeader(c, end, name)) return end
  return findRecord(c, start + 1, name)
}

/** The next place from `from` on where a record header stands; the end when there is none. */
function findRecord(c: Cursor, from: number, name: SegmentName): number {
  for (let at = from; at + RECORD_HEADER_BYTES <= c.end; at++) {
    if (isRecordHeader(c, at, name)) return at
  }
  return c.end
}

function isRecordHeader(c: Cursor, at: number, name: SegmentName): boolean {
  if (at + RECORD_HEADER_BYTES > c.end) return false
  const sizeBytes = c.view.getUint32(at, true)
  if (sizeBytes > RECORD_BYTES_MAX || c.view.getUint32(at + 12, true) > SEQUENCE_HIGH_MAX) {
    return false
  }
  if (sequenceAt(c, at) < name.firstSequence) return false
  return crc32(c.bytes.subarray(at, at + 16), name.salt) === c.view.getUint32(at + 16, true)
}

function sequenceAt(c: Cursor, at: number): number {
  return c.view.getUint32(at + 12, true) * TWO_32 + c.view.getUint32(at + 8, true)
}

/** Whether bytes from `from` on look like the end a crash leaves: a part of a header, or zeros. */
function isTail(bytes: Uint8Array, from: number): boolean {
  if (bytes.length - from < RECORD_HEADER_BYTES) return true
  for (let i = from; i < bytes.length; i++) if (bytes[i] !== 0) return false
  return true
}
