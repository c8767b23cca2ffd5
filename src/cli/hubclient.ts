/** Installations of a server that runs, over its API. */
import { messageOf, NarthexError } from '../base/error.ts'
import type { Installation, Installer, InstallPlan } from '../model/install.ts'

/** Longest that a server may take, in ms. */
const ANSWER_MS_MAX = 30_000

/** Longest answer that is read, in bytes. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024

/**
 * Speaks to a server.
 *
 * @param url   of its start page
 * @param token '' for none
 */
export function openHubClient(url: string, token: string): Installer {
  const base = baseOf(url)
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const headers: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` }
    let text: string
    let status: number
    try {
      const signal = AbortSignal.timeout(ANSWER_MS_MAX)
      const request = { method, headers, signal, redirect: 'error', ...sent } as const
      const reply = await fetch(new URL(path, base), request)
      status = reply.status
      text = await readText(reply)
    } catch (error) {
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
      throw new NarthexError('io', `cannot ask ${base.origin}: ${messageOf(cause)}`, error)
    }
    return readAnswer<T>(text, status, base.origin)
  }
  return {
    preview: ({ entry, targets, job }) =>
      call<InstallPlan>('POST', 'api/v1/hub/install/preview', { entry, targets, job }),
    install: ({ entry, targets, job }) =>
      call<Installation>('POST', 'api/v1/hub/install', { entry, targets, job }),
    installs: async () =>
      (await call<{ installs: Installation[] }>('GET', 'api/v1/hub/installs')).installs,
    uninstall: (name) =>
      call<Installation>('DELETE', `api/v1/hub/installs/${encodeURIComponent(name)}`),
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

function readAnswer<T>(text: string, status: number, origin: string): T {
  let answer: { status?: unknown; data?: unknown; error?: unknown } | null = null
  try {
    answer = JSON.parse(text)
  } catch {
    // told below: not what a narthex answers
  }
  if (answer?.status === 'success') return answer.data as T
  const reason = answer?.error === undefined ? `it answered ${status}` : String(answer.error)
  throw new NarthexError('execution', `${reason} (${origin})`)
}
