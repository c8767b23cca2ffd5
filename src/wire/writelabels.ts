/** Labels of a series as requests of remote write 1.0 have them, and those of its exemplars. */
import type { Cursor } from '../base/bytes.ts'
import { BYTES, fieldHead, readLength, readUint32, skipField } from './protobuf.ts'
import { decodeText } from './protomessage.ts'

/** Field heads of a series and of what is inside. */
export const LABELS: number = fieldHead(1, BYTES)
const LABEL_NAME = fieldHead(1, BYTES)
const LABEL_VALUE = fieldHead(2, BYTES)

/** Why the labels of a series cannot be read at all. */
export type LabelFault = 'invalid_utf8' | 'invalid_symbol' | 'too_many_labels'

/** Label messages of one message up to its end, in the order sent. */
export function readLabels1(c: Cursor, labels: string[], labelsMax: number): string[] | LabelFault {
  const seriesEnd = c.end
  while (c.at < seriesEnd) {
    const head = readUint32(c)
    if (head !== LABELS) {
      skipField(c, head)
      continue
    }
    if (labels.length === 2 * labelsMax) return 'too_many_labels'
    c.end = readLength(c)
    let name = ''
    let value = ''
    while (c.at < c.end) {
      const part = readUint32(c)
      if (part === LABEL_NAME || part === LABEL_VALUE) {
        const end = readLength(c)
        const text = decodeText(c.bytes, c.at, end)
        if (part === LABEL_NAME) name = text
        else value = text
        c.at = end
      } else {
        skipField(c, part)
      }
    }
    labels.push(name, value)
    c.end = seriesEnd
  }
  return labels
}
