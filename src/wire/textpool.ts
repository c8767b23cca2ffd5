/** Texts that come again and again as bytes, decoded once and shared. */

/** Slots of the pool, a power of two; each holds one text. */
const SLOTS_MAX = 8192

/** Longer texts are decoded each time. */
const POOLED_BYTES_MAX = 128

/** Decodes UTF-8 and hands out the same string for the same short ASCII bytes while it remembers them. */
export class TextPool {
  readonly #slots: string[] = new Array<string>(SLOTS_MAX).fill('')
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

  /** The text in `bytes[from, to)`; undefined when it is not UTF-8. */
  decode(bytes: Uint8Array, from: number, to: number): string | undefined {
    const length = to - from
    if (length === 0) return ''
    if (length > POOLED_BYTES_MAX) return this.#decodeNew(bytes, from, to)
    let hash = length
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193)
    const slot = (hash ^ (hash >>> 15)) & (SLOTS_MAX - 1)
    const known = this.#slots[slot]
    if (known.length === length && equalsAscii(known, bytes, from)) return known
    const text = this.#decodeNew(bytes, from, to)
    if (text !== undefined) this.#slots[slot] = text
    return text
  }

  #decodeNew(bytes: Uint8Array, from: number, to: number): string | undefined {
    try {
      return this.#decoder.decode(bytes.subarray(from, to))
    } catch {
      return undefined
    }
  }
}

/** Whether a text is made of exactly these bytes; only ASCII can be. */
function equalsAscii(text: string, bytes: Uint8Array, from: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code !== bytes[from + i] || code > 127) return false
  }
  return true
}
