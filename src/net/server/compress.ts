/** Compression of replies: zstd or gzip, off the main thread, where it is worth it. */
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib'

export type Encoding = 'identity' | 'gzip' | 'zstd' | 'br'

/** Below so many bytes the trip to the thread pool (0.2 ms) costs more than the bytes. */
const COMPRESS_BYTES_MIN = 4096

const COMPRESSIBLE = /^(?:application\/json|application\/javascript|image\/svg\+xml|text\/)/

const gzipBytes = promisify(gzip)
const zstdBytes = promisify(zstdCompress)
const brotliBytes = promisify(brotliCompress)

/**
 * The first of `offered` that the client takes; 'identity' when it takes none.
 *
 * @param accept  the `accept-encoding` header
 * @param offered in order of preference
 */
export function pickEncoding(accept: string | undefined, offered: readonly Encoding[]): Encoding {
  if (accept === undefined || accept === '') return 'identity'
  const refused = new Set<string>()
  const taken = new Set<string>()
  for (const part of accept.toLowerCase().split(',')) {
    const [name, ...params] = part.split(';').map((text) => text.trim())
    const isRefused = params.some((param) => /^q=0(?:\.0{0,3})?$/.test(param))
    if (isRefused) refused.add(name)
    else taken.add(name)
  }
  const isTaken = (name: string): boolean =>
    !refused.has(name) && (taken.has(name) || taken.has('*'))
  return offered.find(isTaken) ?? 'identity'
}

/** Whether bytes of this type and size get smaller enough. */
export function isWorthCompressing(type: string, sizeBytes: number): boolean {
  return sizeBytes >= COMPRESS_BYTES_MIN && COMPRESSIBLE.test(type)
}

/** Bytes that are made anew for each reply: quick, not small. */
export async function compressQuickly(bytes: Uint8Array, encoding: Encoding): Promise<Uint8Array> {
  if (encoding === 'zstd') {
    return zstdBytes(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
  }
  return encoding === 'gzip' ? gzipBytes(bytes, { level: 1 }) : bytes
}

/** Bytes that are kept and sent often: small, not quick. */
export async function compressWell(bytes: Uint8Array, encoding: Encoding): Promise<Uint8Array> {
  switch (encoding) {
    case 'br':
      return brotliBytes(bytes, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: 11,
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
        },
      })
    case 'gzip':
      return gzipBytes(bytes, { level: 9 })
    case 'zstd':
      return zstdBytes(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 12 } })
    case 'identity':
      return bytes
  }
}
