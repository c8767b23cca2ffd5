/** Request bodies: read whole, within a bound of their own and one for all together. */
import type { IncomingMessage } from 'node:http'
import { NarthexError } from '../../base/error.ts'
import type { ByteBudget } from './budget.ts'

/** A body and its share of the budget, to be given back when the request is answered. */
export interface HeldBody {
  readonly bytes: Uint8Array
  release(): void
}

export const NO_BODY: HeldBody = Object.freeze({ bytes: new Uint8Array(0), release() {} })

/**
 * Reads a body to its end.
 *
 * @param bytesMax of this body, as it is sent
 * @param boundName what people know the bound by
 * @param begin    called when the body is wanted, before its first byte
 * @throws NarthexError `too_big` over the bound, before reading where the client declares it; `busy`
 *   when the budget is used up; `canceled` when the client leaves
 */
export async function readBody(
  request: IncomingMessage,
  bytesMax: number,
  boundName: string,
  budget: ByteBudget,
  begin: () => void,
): Promise<HeldBody> {
  const declared = Number(request.headers['content-length'] ?? 0)
  const tooBig = (seen: string): NarthexError =>
    new NarthexError('too_big', `cannot take body: ${seen}, at most ${bytesMax} (${boundName})`)
  if (declared > bytesMax) throw tooBig(`${declared} bytes`)
  begin()
  let taken = 0
  const release = (): void => {
    budget.give(taken)
    taken = 0
  }
  const chunks: Uint8Array[] = []
  try {
    await new Promise<void>((resolve, reject) => {
      request.on('data', (chunk: Uint8Array) => {
        try {
          if (taken + chunk.length > bytesMax) throw tooBig('more')
          budget.take(chunk.length)
          taken += chunk.length
          chunks.push(chunk)
        } catch (error) {
          request.removeAllListeners('data')
          reject(error)
        }
      })
      request.on('end', resolve)
      request.on('error', () => reject(new NarthexError('canceled', 'the client has left')))
    })
  } catch (error) {
    release()
    throw error
  }
  return { bytes: chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, taken), release }
}

/** Whether a content type is that of a form, whatever its parameters. */
export function isForm(contentType: string | undefined): boolean {
  const type = (contentType ?? '').split(';', 1)[0].trim().toLowerCase()
  return type === 'application/x-www-form-urlencoded'
}

/** The fields of a form, then those of the address, as Prometheus orders them. */
export function joinParams(form: Uint8Array, query: string): URLSearchParams {
  if (form.length === 0) return new URLSearchParams(query)
  const params = new URLSearchParams(Buffer.from(form).toString('utf8'))
  for (const [name, value] of new URLSearchParams(query)) params.append(name, value)
  return params
}
