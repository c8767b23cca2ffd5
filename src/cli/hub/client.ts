/** Requests to a narthex that runs, over its API. */
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Problem } from '../../model/registry.ts'

/** Longest that a server may take, in ms. */
const ANSWER_MS_MAX = 60_000

/** Longest answer that is read, in bytes. */
const ANSWER_BYTES_MAX = 256 * 1024 * 1024

/** What goes along with a request. */
export interface Asking {
  readonly params?: Readonly<Record<string, string>>
  /** Text as it is, of `type`; anything else goes as JSON. */
  readonly body?: unknown
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly waitMsMax?: number
}

export interface Answered {
  readonly status: number
  readonly text: string
  readonly headers: Headers
}

/** A document that is not taken, with every reason. */
export class RefusedError extends NarthexError {
  readonly problems: readonly Problem[]

  constructor(message: string, problems: readonly Problem[]) {
    super('execution', message)
    this.problems = problems
  }
}

export class HubClient {
  readonly #base: URL
  readonly #token: string

  /**
   * @param url   of its start page
   * @param token '' for none
   * @throws NarthexError `bad_data` for what is no address
   */
  constructor(url: string, token: string) {
    this.#base = baseOf(url)
    this.#token = token
  }

  /**
   * The `data` of an answer; undefined where there is nothing to say.
   *
   * @param path without a slash in front
   * @throws NarthexError `io` where nobody answers, `execution` with the reason of who refuses
   */
  async call<T>(method: string, path: string, asking: Asking = {}): Promise<T> {
    const { status, text } = await this.ask(method, path, asking)
    if (status === 204) return undefined as T
    const answer = parseAnswer(text)
    if (answer?.status === 'success') return answer.data as T
    throw new NarthexError('execution', `it answered ${status} (${this.#base.origin})`)
  }

  /** The answer as it came. @throws as `call` does */
  async ask(method: string, path: string, asking: Asking = {}): Promise<Answered> {
    const { body, type, waitMsMax = ANSWER_MS_MAX } = asking
    const url = new URL(path, this.#base)
    for (const [name, value] of Object.entries(asking.params ?? {})) {
      url.searchParams.append(name, value)
    }
    const sent = typeof body === 'string' ? body : JSON.stringify(body)
    const headers: Record<string, string> = { ...asking.headers }
    if (this.#token !== '') headers.authorization = `Bearer ${this.#token}`
    if (type !== undefined) headers['content-type'] = type
    let answered: Answered
    try {
      const signal = AbortSignal.timeout(waitMsMax)
      const request = { method, headers, signal, redirect: 'error' } as const
      const reply = await fetch(url, sent === undefined ? request : { ...request, body: sent })
      answered = { status: reply.status, text: await readText(reply), headers: reply.headers }
    } catch (error) {
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
      throw new NarthexError('io', `cannot ask ${url.origin}: ${messageOf(cause)}`, error)
    }
    if (answered.status < 400) return answered
    throw refusalOf(answered, url.origin)
  }
}

function baseOf(url: string): URL {
  const base = URL.canParse(url) ? new URL(url) : undefined
  if (base !== undefined && /^https?:$/.test(base.protocol) && base.username === '') {
    if (!base.pathname.endsWith('/')) base.pathname += '/'
    return base
  }
  throw new NarthexError('bad_data', 'cannot use --url: wanted http://host:port')
}

async function readText(reply: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let sizeBytes = 0
  for await (const part of reply.body ?? []) {
    sizeBytes += part.length
    if (sizeBytes > ANSWER_BYTES_MAX) throw new Error(`more than ${ANSWER_BYTES_MAX} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

interface Envelope {
  readonly status?: unknown
  readonly data?: unknown
  readonly error?: unknown
  readonly problems?: readonly Problem[]
}

/** Undefined for what no narthex answers. */
function parseAnswer(text: string): Envelope | undefined {
  try {
    const answer: unknown = JSON.parse(text)
    return typeof answer === 'object' && answer !== null ? answer : undefined
  } catch {
    return undefined // the caller tells the status instead
  }
}

function refusalOf({ status, text }: Answered, origin: string): NarthexError {
  const answer = parseAnswer(text)
  const reason = answer?.error === undefined ? `it answered ${status}` : String(answer.error)
  const message = `${reason} (${origin})`
  if (Array.isArray(answer?.problems)) return new RefusedError(message, answer.problems)
  return new NarthexError('execution', message)
}
