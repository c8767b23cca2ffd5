/** Small files as one tar archive, in the ustar format of POSIX. */

/** A file of an archive. */
export interface TarFile {
  /** With `/` between folders; ASCII, at most 100 bytes. */
  readonly name: string
  readonly text: string
}

const BLOCK_BYTES = 512

/** Longest name that the header has room for. */
const NAME_BYTES_MAX = 100

/** Where each field of a header begins. */
const AT = { name: 0, mode: 100, uid: 108, gid: 116, size: 124, time: 136, sum: 148, type: 156 }
const MAGIC_AT = 257

/**
 * The archive.
 *
 * @param timeMs ms since epoch, of all files
 */
export function writeTar(files: readonly TarFile[], timeMs: number): Uint8Array {
  const encoder = new TextEncoder()
  const parts = files.flatMap(({ name, text }) => {
    const bytes = encoder.encode(text)
    return [headerOf(encoder.encode(name), bytes.length, timeMs), padded(bytes)]
  })
  // Two empty blocks end it.
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 2 * BLOCK_BYTES))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function headerOf(name: Uint8Array, sizeBytes: number, timeMs: number): Uint8Array {
  if (name.length > NAME_BYTES_MAX) throw new RangeError(`a name of ${name.length} bytes`)
  const header = new Uint8Array(BLOCK_BYTES)
  const put = (at: number, text: string): void => {
    for (let i = 0; i < text.length; i++) header[at + i] = text.charCodeAt(i)
  }
  header.set(name, AT.name)
  put(AT.mode, octal(0o644, 8))
  put(AT.uid, octal(0, 8))
  put(AT.gid, octal(0, 8))
  put(AT.size, octal(sizeBytes, 12))
  put(AT.time, octal(Math.floor(timeMs / 1000), 12))
  put(AT.type, '0')
  put(MAGIC_AT, 'ustar\0' + '00')
  // The sum is that of the header with blanks in the place of the sum.
  put(AT.sum, ' '.repeat(8))
  const sum = header.reduce((total, byte) => total + byte, 0)
  put(AT.sum, `${octal(sum, 7)}\0 `)
  return header
}

/** Digits that fill a field but for the zero byte at its end. */
function octal(value: number, fieldBytes: number): string {
  return value.toString(8).padStart(fieldBytes - 1, '0')
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / BLOCK_BYTES) * BLOCK_BYTES)
  whole.set(bytes)
  return whole
}
