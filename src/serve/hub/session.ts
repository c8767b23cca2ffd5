/** /api/v1/hub/session: who asks, logging in with a name and a password, and logging out. */
import { NarthexError } from '../../base/error.ts'
import type { Accounts } from '../../model/accounts.ts'
import { SESSION_COOKIE } from '../../net/server/identities.ts'
import { ANYBODY, type Ask, type Reply } from '../../net/server/message.ts'
import { success } from '../api/envelope.ts'
import { change, type DescribedRoute, question } from '../openapi/operation.ts'
import { inEnvelope, named, oneOfTexts, optional, record, text, truth } from '../openapi/schema.ts'
import { parseBody } from './taking.ts'

export interface SessionDeps {
  readonly accounts: Accounts
  /** Of our own addresses: http or https. */
  scheme(): string
}

/** Where the cookie goes when the page does not say otherwise. */
const PATH_DEFAULT = '/'

/** A path that a cookie may have: what a proxy puts before our addresses. */
const COOKIE_PATH = /^\/(?:[\w.~%!$&'()*+,=:@-]+\/)*$/
const COOKIE_PATH_LENGTH_MAX = 500

const NO_CONTENT: Reply = { status: 204, type: '', body: '' }

const CALLER = named(
  'Caller',
  record({
    ...{ name: text, role: oneOfTexts('viewer', 'editor', 'admin') },
    /** Whether nobody has to say who they are. */
    isOpen: truth,
    /** Whether there is a session to end. */
    hasSession: truth,
  }),
)
const BASE = optional(record({}), { path: text })

/** What everybody does with a session of their own. */
export function sessionRoutes({ accounts, scheme }: SessionDeps): DescribedRoute[] {
  const path = '/api/v1/hub/session'
  return [
    question(
      path,
      { summary: 'Tells who asks', answer: { schema: inEnvelope(CALLER) }, failures: [] },
      ({ identity }) => success(callerOf(identity)),
    ),
    change(
      'POST',
      path,
      'viewer',
      {
        summary: 'Opens a session for who shows a password, by Authorization: Basic',
        body: { 'application/json': BASE },
        answer: {
          schema: inEnvelope(CALLER),
          headers: { 'set-cookie': `${SESSION_COOKIE}, for the path in the body` },
        },
        failures: [400, 403, 429, 503],
      },
      (ask) => handleOpen(ask, accounts, scheme()),
    ),
    change(
      'DELETE',
      path,
      'viewer',
      {
        summary: 'Ends the session that the cookie shows',
        query: { path: 'of the cookie' },
        failures: [400, 503],
      },
      (ask) => handleClose(ask, accounts),
    ),
    change(
      'PUT',
      `${path}/password`,
      'viewer',
      {
        summary: 'Changes the password of who shows the present one, by Authorization: Basic',
        body: { 'application/json': named('Password', record({ password: text })) },
        failures: [400, 403, 409, 429, 503],
      },
      (ask) => handlePassword(ask, accounts),
    ),
  ]
}

function callerOf({ name, role, session }: Ask['identity']): object {
  return { name, role, isOpen: name === ANYBODY, hasSession: session !== undefined }
}

async function handleOpen(ask: Ask, accounts: Accounts, scheme: string): Promise<Reply> {
  const { identity, address } = ask
  const proof = requireProof(identity, 'log in')
  const { path } = (ask.body.length === 0 ? {} : (parseBody(ask.body) ?? {})) as { path?: unknown }
  const cookiePath = readPath(path ?? PATH_DEFAULT)
  const agent = ask.header('user-agent') ?? ''
  const opened = await accounts.openSession({ user: identity.name, proof, address, agent })
  // A proxy may speak TLS for us: the browser says what it sees.
  const isSecure = scheme === 'https' || ask.header('origin')?.startsWith('https://') === true
  const cookie = cookieOf(opened.secret, cookiePath, Math.floor(opened.ageMsMax / 1000))
  const reply = success(callerOf({ ...identity, session: '' }))
  return { ...reply, headers: { 'set-cookie': isSecure ? `${cookie}; Secure` : cookie } }
}

async function handleClose(ask: Ask, accounts: Accounts): Promise<Reply> {
  const { session } = ask.identity
  const path = readPath(ask.params.get('path') ?? PATH_DEFAULT)
  if (session !== undefined) await accounts.endSession(session)
  return { ...NO_CONTENT, headers: { 'set-cookie': cookieOf('', path, 0) } }
}

async function handlePassword(ask: Ask, accounts: Accounts): Promise<Reply> {
  requireProof(ask.identity, 'change password')
  await accounts.changePassword(ask.identity.name, parseBody(ask.body))
  return NO_CONTENT
}

/** A session or a token is not enough: whoever finds one must not get hold of more. */
function requireProof({ proof }: Ask['identity'], verb: string): string {
  if (proof !== undefined) return proof
  throw new NarthexError('forbidden', `cannot ${verb}: wanted a name and a password`)
}

function cookieOf(secret: string, path: string, ageSecondsMax: number): string {
  const kept = `Path=${path}; Max-Age=${ageSecondsMax}`
  return `${SESSION_COOKIE}=${secret}; ${kept}; HttpOnly; SameSite=Strict`
}

/** @throws NarthexError `bad_data` */
function readPath(path: unknown): string {
  if (typeof path === 'string' && path.length <= COOKIE_PATH_LENGTH_MAX && COOKIE_PATH.test(path)) {
    return path
  }
  throw new NarthexError('bad_data', 'cannot log in: path: wanted one that begins and ends with /')
}
