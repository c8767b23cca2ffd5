/** Protobuf messages, walked field by field by whoever knows what is in them. */
import type { Cursor } from '../base/bytes.ts'
import { BYTES, readLength, readUint32, skipField } from './protobuf.ts'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Goes through the fields up to the end; those that `take` did not read are passed over. */
export function eachField(c: Cursor, take: (number: number, kind: number) => boolean): void {
  while (c.at < c.end) {
    const head = readUint32(c)
    if (!take(head >>> 3, head & 7)) skipField(c, head)
  }
}

/** Calls back in each message of field `number`, the cursor at its start and bound to its end. */
export function eachMessage(c: Cursor, number: number, read: () => void): void {
  eachField(c, (field, kind) => {
    if (field !== number || kind !== BYTES) return false
    within(c, read)
    return true
  })
}

/** Reads the message whose head was read; the cursor stands behind it then, whatever was read. */
export function within<T>(c: Cursor, read: () => T): T {
  const outerEnd = c.end
  const end = readLength(c)
  c.end = end
  const result = read()
  c.at = end
  c.end = outerEnd
  return result
}

/** @throws TypeError for bytes that are no UTF-8 */
export function readText(c: Cursor): string {
  const end = readLength(c)
  const text = decodeText(c.bytes, c.at, end)
  c.at = end
  return text
}

/** The bytes [from, to). @throws TypeError for bytes that are no UTF-8 */
export function decodeText(bytes: Uint8Array, from: number, to: number): string {
  return decoder.decode(bytes.subarray(from, to))
}
