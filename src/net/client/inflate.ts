/** Bodies in gzip, bounded in size and in ratio. */
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { NarthexError } from '../../base/error.ts'
import { type BodyBuffer, type BodyPool, bodyTooBig } from './body.ts'

/** Decoded bytes for each compressed one; only deliberate bodies are beyond it. */
export const INFLATE_RATIO_MAX = 100

/** Decoded bytes that any ratio may have. */
const INFLATE_FREE_BYTES = 1024 * 1024

/** Compressed bytes above which the work leaves the main thread. */
const INFLATE_INLINE_BYTES = 128 * 1024

const CHUNK_BYTES_MIN = 64 * 1024

const gunzip = promisify<Buffer | Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gunzip)

/**
 * Decodes a gzip body and gives the compressed one back.
 *
 * @param expectedBytes how much came out last time, so that one chunk is enough
 * @throws NarthexError `too_big` for a body over its bound or ratio, `bad_data` for wrong gzip
 */
export async function inflateBody(
  packed: BodyBuffer,
  pool: BodyPool,
  expectedBytes: number,
): Promise<BodyBuffer> {
  const { bytesMax } = packed
  const ratioMax = Math.max(INFLATE_FREE_BYTES, packed.length * INFLATE_RATIO_MAX)
  const outputMax = Math.min(bytesMax, ratioMax)
  const chunkSize = Math.min(outputMax, Math.max(CHUNK_BYTES_MIN, expectedBytes + 4096))
  const options = { maxOutputLength: outputMax, chunkSize: Math.max(64, chunkSize) }
  try {
    const plain =
      packed.length > INFLATE_INLINE_BYTES
        ? await gunzip(packed.content(), options)
        : zlib.gunzipSync(packed.content(), options)
    const body = pool.lease(bytesMax, plain.length)
    try {
      body.append(plain, 0, plain.length)
    } catch (error) {
      body.release()
      throw error
    }
    body.finish()
    return body
  } catch (error) {
    throw inflateFault(error, outputMax < bytesMax)
  } finally {
    packed.release()
  }
}

function inflateFault(error: unknown, byRatio: boolean): unknown {
  if (!(error instanceof Error) || error instanceof NarthexError) return error
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ERR_BUFFER_TOO_LARGE') {
    if (!byRatio) return bodyTooBig()
    const words = `cannot decode gzip body: more than ${INFLATE_RATIO_MAX} bytes out of each byte`
    return new NarthexError('too_big', words)
  }
  if (code === 'Z_BUF_ERROR') return new NarthexError('bad_data', 'gzip: unexpected EOF')
  return new NarthexError('bad_data', `gzip: invalid data: ${error.message}`)
}
