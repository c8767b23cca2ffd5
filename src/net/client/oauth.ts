/** Bearer tokens by the client credentials of OAuth 2, kept until shortly before they end. */
import type { Clock } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import type { OAuth2 } from '../../config/http.ts'
import { builtin } from './builtin.ts'
import { secretOf } from './credentials.ts'
import { tlsOptions } from './tls.ts'

/** Milliseconds before its end at which a token is renewed. */
const RENEW_EARLY_MS = 10_000

/** How long a token is good that does not say it. */
const LIFETIME_SECONDS_DEFAULT = 300

/** Bytes of an answer with a token. */
const ANSWER_BYTES_MAX = 1024 * 1024

/** Hands out the token that is good now. */
export interface OAuthTokens {
  token(): Promise<string>
  abort(error: Error): void
  close(): void
}

export function openOAuthTokens(config: OAuth2, options: { readonly clock: Clock }): OAuthTokens {
  let token = ''
  let goodUntilMs = 0
  let cancel = new AbortController()
  return {
    async token() {
      const nowMs = options.clock.monotonicMs()
      if (token !== '' && nowMs < goodUntilMs) return token
      cancel = new AbortController()
      const answer = await askToken(config, cancel.signal)
      token = answer.token
      goodUntilMs = nowMs + answer.lifetimeSeconds * 1000 - RENEW_EARLY_MS
      return token
    },
    abort(error) {
      cancel.abort(error)
    },
    close() {
      cancel.abort()
    },
  }
}

async function askToken(
  config: OAuth2,
  signal: AbortSignal,
): Promise<{ token: string; lifetimeSeconds: number }> {
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  if (config.scopes.length > 0) form.set('scope', config.scopes.join(' '))
  for (const [name, value] of config.endpointParams) form.append(name, value)
  const secret = await secretOf(config.clientSecret, config.clientSecretFile)
  const pair = `${encodeURIComponent(config.clientId)}:${encodeURIComponent(secret)}`
  const url = new URL(config.tokenUrl)
  const secure = url.protocol === 'https:' ? await tlsOptions(config.tls, url) : {}
  const text = await post(
    url,
    form.toString(),
    Buffer.from(pair).toString('base64'),
    secure,
    signal,
  )
  const answer: unknown = parseJson(text)
  const fields = (typeof answer === 'object' && answer !== null ? answer : {}) as {
    access_token?: unknown
    expires_in?: unknown
  }
  if (typeof fields.access_token !== 'string' || fields.access_token === '') {
    throw new NarthexError('io', 'oauth2: cannot fetch token: the answer has no access_token')
  }
  const lifetimeSeconds = Number(fields.expires_in ?? LIFETIME_SECONDS_DEFAULT)
  return {
    token: fields.access_token,
    lifetimeSeconds: Number.isFinite(lifetimeSeconds) ? lifetimeSeconds : LIFETIME_SECONDS_DEFAULT,
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new NarthexError('io', 'oauth2: cannot fetch token: the answer is not JSON')
  }
}

function post(
  url: URL,
  form: string,
  basic: string,
  secure: object,
  signal: AbortSignal,
): Promise<string> {
  const module = builtin(url.protocol === 'https:' ? 'node:https' : 'node:http')
  const headers = {
    Authorization: `Basic ${basic}`,
    'Content-Type': 'application/x-www-form-urlencoded',
    'Content-Length': Buffer.byteLength(form),
    Accept: 'application/json',
  }
  return new Promise((resolve, reject) => {
    const request = module.request(
      url,
      { method: 'POST', headers, signal, ...secure },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (piece: string) => {
          text += piece
          if (text.length > ANSWER_BYTES_MAX) {
            request.destroy(
              new NarthexError('too_big', 'oauth2: the answer with the token is too big'),
            )
          }
        })
        answer.on('error', reject)
        answer.on('end', () => {
          if (answer.statusCode === 200) resolve(text)
          else reject(new NarthexError('io', `oauth2: token server answers ${answer.statusCode}`))
        })
      },
    )
    request.on('error', reject)
    request.end(form)
  })
}
