/** The few questions that are asked of GitHub, its rate limit, and what its refusals mean. */
import type { Clock } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import { Secret } from '../../base/secret.ts'
import { NO_PROXY, PLAIN_HTTP } from '../../config/http.ts'
import type { SourceConfig } from '../../config/source.ts'
import { isLinkLocal } from '../../net/client/address.ts'
import type { BodyPool } from '../../net/client/body.ts'
import { type HttpChannel, type HttpReply, openHttpChannel } from '../../net/client/channel.ts'
import { headerValue } from '../../net/client/response.ts'
import { Postponed } from './source.ts'

const API_URL = 'https://api.github.com'
const API_VERSION = '2022-11-28'
/** GitHub ends a tree at 7 MB or 100,000 entries. */
export const TREE_BYTES_MAX = 16_777_216
/** How long one answer may take, in ms. */
const ANSWER_MS_MAX = 60_000
/** How long GitHub may have us wait, in ms: its limits are by the hour. */
export const WAIT_MS_MAX = 7_200_000
/** How long to wait where it does not say. */
const WAIT_MS_PRESET = 60_000
const SAID_LENGTH_MAX = 200

/** One entry of a tree. */
export interface TreeEntry {
  readonly path: string
  readonly mode: string
  readonly type: string
  readonly sha: string
  readonly bytes: number
}

export interface Tree {
  readonly sha: string
  readonly tag: string
  readonly entries: readonly TreeEntry[]
  /** Whether GitHub left some out. */
  readonly isTruncated: boolean
}

export interface ApiDeps {
  readonly clock: Clock
  /** Where proxies are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly bodies: BodyPool
}

/** A repository at GitHub, for one refresh. */
export class GitHubApi {
  readonly #base: string
  readonly #token: string
  readonly #deps: ApiDeps
  readonly #signal: AbortSignal

  constructor(config: SourceConfig, token: string, deps: ApiDeps, signal: AbortSignal) {
    const root = config.url === '' ? API_URL : config.url.replace(/\/+$/, '')
    this.#base = `${root}/repos/${config.repository}/git`
    this.#token = token
    this.#deps = deps
    this.#signal = signal
  }

  /**
   * A tree with all that is below it, or one folder of it.
   *
   * @param ref a branch, HEAD, or the sha of a tree
   * @param tag of before
   * @returns undefined when it is still that
   */
  async tree(ref: string, isRecursive: boolean, tag: string): Promise<Tree | undefined> {
    const url = new URL(`${this.#base}/trees/${encodeURIComponent(ref)}`)
    if (isRecursive) url.searchParams.set('recursive', '1')
    const accept = 'application/vnd.github+json'
    const channel = this.#open(accept, TREE_BYTES_MAX, tag)
    try {
      const reply = await this.#ask(channel, url)
      if (reply === undefined) return undefined
      return readTree(reply.bytes, reply.tag)
    } finally {
      channel.close()
    }
  }

  /** A connection for the contents of files. @param bytesMax of one */
  openBlobs(bytesMax: number): BlobReader {
    const channel = this.#open('application/vnd.github.raw+json', bytesMax + 1, '')
    return {
      read: async (sha) => {
        const reply = await this.#ask(channel, new URL(`${this.#base}/blobs/${sha}`))
        if (reply !== undefined) return reply.bytes
        throw new NarthexError('io', 'cannot read the repository: a file was answered with 304')
      },
      close: () => channel.close(),
    }
  }

  #open(accept: string, bodyBytesMax: number, tag: string): HttpChannel {
    const credentials = this.#token === '' ? undefined : new Secret(this.#token)
    const authorization =
      credentials && ({ type: 'Bearer', credentials, credentialsFile: '' } as const)
    return openHttpChannel({
      url: new URL(this.#base),
      config: {
        ...PLAIN_HTTP,
        authorization,
        proxy: { ...NO_PROXY, fromEnvironment: true },
        followRedirects: false,
      },
      headers: [
        ['Accept', accept],
        ['Accept-Encoding', 'gzip'],
        ['User-Agent', 'narthex'],
        ['X-GitHub-Api-Version', API_VERSION],
        ...(tag === '' ? [] : [['If-None-Match', tag] as const]),
      ],
      bodyBytesMax,
      admits: (address) => !isLinkLocal(address),
      ...this.#deps,
    })
  }

  /** @returns undefined for 304 */
  async #ask(
    channel: HttpChannel,
    url: URL,
  ): Promise<{ readonly bytes: Uint8Array; readonly tag: string } | undefined> {
    this.#signal.throwIfAborted()
    const leave = (): void => channel.close()
    this.#signal.addEventListener('abort', leave, { once: true })
    try {
      const reply = await channel.get(ANSWER_MS_MAX, url)
      const bytes = reply.body.content().slice()
      reply.body.release()
      if (reply.status === 304) return undefined
      if (reply.status === 200) return { bytes, tag: headerValue(reply, 'etag') }
      throw this.#refusal(reply, bytes)
    } catch (error) {
      // Closing the channel is how the signal ends a request: its own reason says more.
      this.#signal.throwIfAborted()
      throw error
    } finally {
      this.#signal.removeEventListener('abort', leave)
    }
  }

  #refusal(reply: HttpReply, bytes: Uint8Array): NarthexError {
    const { status } = reply
    const said = this.#saidIn(bytes)
    const waitMs = this.#waitMs(reply, said)
    if (waitMs > 0) {
      const message = `cannot read the repository: the rate limit of GitHub is used up (${status})`
      return new Postponed(message, this.#deps.clock.now() + waitMs)
    }
    const why = reasonOf(status, this.#token !== '')
    return new NarthexError(
      status === 404 ? 'not_found' : 'io',
      `cannot read the repository: ${why} (${status}${said === '' ? '' : `: ${said}`})`,
    )
  }

  /** 0 where it is no matter of waiting. */
  #waitMs(reply: HttpReply, said: string): number {
    if (reply.status !== 403 && reply.status !== 429) return 0
    const seconds = numberOf(headerValue(reply, 'retry-after'))
    const resetSeconds = numberOf(headerValue(reply, 'x-ratelimit-reset'))
    const isUsedUp = headerValue(reply, 'x-ratelimit-remaining') === '0'
    if (seconds === undefined && !isUsedUp && reply.status === 403 && !/rate limit/i.test(said)) {
      return 0
    }
    let waitMs = WAIT_MS_PRESET
    if (seconds !== undefined) waitMs = seconds * 1000
    else if (isUsedUp && resetSeconds !== undefined) {
      waitMs = resetSeconds * 1000 - this.#deps.clock.now()
    }
    return Math.min(Math.max(waitMs, 1000), WAIT_MS_MAX)
  }

  /** What a refusal says of itself, without the token and what is no text. */
  #saidIn(bytes: Uint8Array): string {
    let answer: { message?: unknown } | null = null
    try {
      answer = JSON.parse(Buffer.from(bytes).toString('utf8'))
    } catch {
      return '' // what stands before it is no GitHub, the status says enough
    }
    let text = String(answer?.message ?? '').replaceAll(/[^!-~]+/g, ' ')
    if (this.#token !== '') text = text.replaceAll(this.#token, '<secret>')
    return text.slice(0, SAID_LENGTH_MAX)
  }
}

/** Reads files one after the other. */
export interface BlobReader {
  read(sha: string): Promise<Uint8Array>
  close(): void
}

function numberOf(text: string): number | undefined {
  return /^\d{1,12}$/.test(text) ? Number(text) : undefined
}

function reasonOf(status: number, hasToken: boolean): string {
  if (status === 401) return hasToken ? 'the token is not taken' : 'it wants a token'
  if (status === 403) return 'it may not be read'
  if (status === 404) {
    return `no such repository or branch${hasToken ? ', or not for this token' : ', or not without a token'}`
  }
  if (status === 409) return 'it is empty'
  if (status >= 300 && status < 400) return 'it is elsewhere now, wanted where'
  return status >= 500 ? 'GitHub fails' : 'GitHub refuses'
}

/** @throws NarthexError `bad_data` for what is no tree */
function readTree(bytes: Uint8Array, tag: string): Tree {
  let answer: { sha?: unknown; tree?: unknown; truncated?: unknown } | null
  try {
    answer = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch (error) {
    throw new NarthexError('bad_data', 'cannot read the repository: its tree is no JSON', error)
  }
  const { sha, tree, truncated } = answer ?? {}
  if (!isSha(sha) || !Array.isArray(tree)) {
    const wanted = 'wanted {"sha", "tree": […]}'
    throw new NarthexError('bad_data', `cannot read the repository: no tree, ${wanted}`)
  }
  return { sha, tag, entries: tree.flatMap(entryOf), isTruncated: truncated === true }
}

function entryOf(value: unknown): TreeEntry[] {
  const { path, mode, type, sha, size = 0 } = (value ?? {}) as Record<string, unknown>
  if (typeof path !== 'string' || typeof mode !== 'string' || typeof type !== 'string') return []
  if (!isSha(sha) || typeof size !== 'number' || !(size >= 0)) return []
  return [{ path, mode, type, sha, bytes: size }]
}

function isSha(value: unknown): value is string {
  return typeof value === 'string' && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(value)
}
