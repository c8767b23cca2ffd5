/** Sizes in bytes as Prometheus writes them: `64MB`, `1GiB`, `512`. */
import { NarthexError } from './error.ts'

const EXPONENTS: Readonly<Record<string, number>> = { K: 1, M: 2, G: 3, T: 4, P: 5, E: 6 }

/**
 * Bytes of a size. Prometheus counts `KB`, `MB`, … and `KiB`, `MiB`, … both in steps of 1,024.
 *
 * @throws NarthexError `bad_data` for anything else
 */
export function parseSize(text: string): number {
  const parts = /^(\d+(?:\.\d+)?)\s*(?:([KMGTPE])i?B?|B)?$/.exec(text.trim())
  if (parts === null) {
    throw new NarthexError(
      'bad_data',
      `cannot read size: ${JSON.stringify(text)}, wanted a number with B, KB, MB, GB or TB`,
    )
  }
  const scale = parts[2] === undefined ? 1 : 1024 ** EXPONENTS[parts[2]]
  return Math.floor(Number(parts[1]) * scale)
}
