/** A stream of bytes as lines of text. */
import { NarthexError } from '../../../base/error.ts'

/** Longest line taken; the server keeps no object that is larger than a tenth of it. */
export const LINE_BYTES_MAX = 16_777_216

const LINE_FEED = 10

/**
 * The complete lines of a stream; what stands behind the last line break is left out, because a
 * stream that was cut ends anywhere.
 *
 * @throws NarthexError `too_big` for a longer line, and what the stream throws
 */
export async function* readLines(
  pieces: AsyncIterable<Uint8Array>,
  lineBytesMax: number = LINE_BYTES_MAX,
): AsyncIterable<string> {
  let begun: Uint8Array[] = []
  let begunBytes = 0
  for await (const piece of pieces) {
    let from = 0
    for (;;) {
      const end = piece.indexOf(LINE_FEED, from)
      const part = piece.subarray(from, end < 0 ? piece.length : end)
      begunBytes += part.length
      if (begunBytes > lineBytesMax) {
        throw new NarthexError('too_big', `cannot read line: over ${lineBytesMax} bytes, the bound`)
      }
      begun.push(part)
      if (end < 0) break
      const line = Buffer.concat(begun, begunBytes).toString('utf8')
      begun = []
      begunBytes = 0
      from = end + 1
      if (line.trim() !== '') yield line
    }
  }
}
