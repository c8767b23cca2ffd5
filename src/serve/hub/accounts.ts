/** /api/v1/hub/users, tokens, sessions and audit: who may come in, and what they did; for admins. */
import { NarthexError } from '../../base/error.ts'
import type { Accounts } from '../../model/accounts.ts'
import type { AuditView } from '../../model/audit.ts'
import type { Ask, Reply } from '../../net/server/message.ts'
import { success } from '../api/envelope.ts'
import { change, type DescribedRoute, type Operation, question } from '../openapi/operation.ts'
import {
  inEnvelope,
  listOf,
  named,
  oneOfTexts,
  optional,
  orNull,
  record,
  text,
  time,
  whole,
} from '../openapi/schema.ts'
import { callerOf } from './caller.ts'
import { parseBody } from './taking.ts'

/** Entries of one part of the audit log. */
export const ENTRIES_MAX = 1000
const ENTRIES_DEFAULT = 100

const NO_CONTENT: Reply = { status: 204, type: '', body: '' }

const ROLE = oneOfTexts('viewer', 'editor', 'admin')
const USER = named(
  'User',
  record({ name: text, role: ROLE, created: time, changed: time, changedBy: text }),
)
const TOKEN = named(
  'Token',
  record({
    ...{ name: text, role: ROLE, created: time, createdBy: text },
    ...{ expires: orNull(time), used: orNull(time), usedFrom: text },
  }),
)
const SESSION = named(
  'Session',
  record({
    ...{ id: text, user: text, address: text, agent: text },
    ...{ opened: time, used: time, expires: time },
  }),
)
const ENTRY = named(
  'AuditEntry',
  record({
    ...{ id: whole, time, who: text, address: text, action: text, object: text, status: whole },
  }),
)
const WANTED_USER = named('WantedUser', optional(record({ role: ROLE }), { password: text }))
const WANTED_TOKEN = named('WantedToken', optional(record({ role: ROLE }), { expires: text }))

/** Users, tokens and sessions. */
export function accountRoutes(accounts: Accounts): DescribedRoute[] {
  const refusals = { failures: [400, 404, 409, 422, 503] } as const
  return [
    forAdmins('/api/v1/hub/users', lists('Lists users', 'users', USER), () =>
      handleUsers(accounts),
    ),
    change(
      'PUT',
      '/api/v1/hub/users/:name',
      'admin',
      {
        summary: 'Adds a user or changes one; an absent password stays',
        ...{ body: { 'application/json': WANTED_USER }, ...refusals },
      },
      (ask) => handlePutUser(ask, accounts),
    ),
    change(
      'DELETE',
      '/api/v1/hub/users/:name',
      'admin',
      { summary: 'Removes a user, and ends the sessions', ...refusals },
      (ask) => handleRemove(accounts.removeUser(segmentOf(ask, 'name'))),
    ),
    forAdmins('/api/v1/hub/tokens', lists('Lists tokens', 'tokens', TOKEN), () =>
      handleTokens(accounts),
    ),
    change(
      'POST',
      '/api/v1/hub/tokens/:name',
      'admin',
      {
        summary: 'Adds a token and tells it, this once',
        body: { 'application/json': WANTED_TOKEN },
        answer: { schema: inEnvelope(record({ name: text, token: text })), status: 201 },
        ...refusals,
      },
      (ask) => handleAddToken(ask, accounts),
    ),
    change(
      'DELETE',
      '/api/v1/hub/tokens/:name',
      'admin',
      { summary: 'Revokes a token', ...refusals },
      (ask) => handleRemove(accounts.removeToken(segmentOf(ask, 'name'))),
    ),
    forAdmins('/api/v1/hub/sessions', lists('Lists sessions', 'sessions', SESSION), () =>
      handleSessions(accounts),
    ),
    change(
      'DELETE',
      '/api/v1/hub/sessions/:id',
      'admin',
      { summary: 'Ends a session', ...refusals },
      (ask) => handleRemove(accounts.endSession(segmentOf(ask, 'id'))),
    ),
  ]
}

/** What was done, newest first. */
export function auditRoutes(audit: AuditView): DescribedRoute[] {
  return [
    forAdmins(
      '/api/v1/hub/audit',
      {
        ...lists('Lists what was done and tried, newest first', 'entries', ENTRY),
        query: {
          search: 'what who, address, action or object have in them',
          outcome: { means: 'failed: only what was refused', schema: oneOfTexts('', 'failed') },
          limit: { means: `entries, at most ${ENTRIES_MAX}`, schema: whole },
          before: { means: 'only those older than the entry of this id', schema: whole },
        },
      },
      (ask) => handleAudit(ask, audit),
    ),
  ]
}

function lists(summary: string, name: string, item: typeof USER): Operation {
  const schema = inEnvelope(record({ [name]: listOf(item) }))
  return { summary, answer: { schema }, failures: [400, 503] }
}

function forAdmins(
  path: string,
  operation: Operation,
  handle: DescribedRoute['handle'],
): DescribedRoute {
  return { ...question(path, operation, handle), role: 'admin' }
}

async function handleUsers(accounts: Accounts): Promise<Reply> {
  const users = (await accounts.users()).map(({ createdMs, changedMs, ...user }) => {
    return { ...user, created: timeOf(createdMs), changed: timeOf(changedMs) }
  })
  return success({ users })
}

async function handlePutUser(ask: Ask, accounts: Accounts): Promise<Reply> {
  await accounts.putUser(segmentOf(ask, 'name'), parseBody(ask.body), callerOf(ask))
  return NO_CONTENT
}

async function handleTokens(accounts: Accounts): Promise<Reply> {
  const tokens = (await accounts.tokens()).map(({ createdMs, expiresMs, usedMs, ...token }) => {
    const times = { expires: timeOf(expiresMs), used: timeOf(usedMs) }
    return { ...token, created: timeOf(createdMs), ...times }
  })
  return success({ tokens })
}

async function handleAddToken(ask: Ask, accounts: Accounts): Promise<Reply> {
  const name = segmentOf(ask, 'name')
  const added = await accounts.addToken(name, parseBody(ask.body), callerOf(ask))
  return { ...success(added), status: 201 }
}

async function handleSessions(accounts: Accounts): Promise<Reply> {
  const sessions = (await accounts.sessions()).map(
    ({ openedMs, usedMs, expiresMs, ...session }) => {
      const times = { used: timeOf(usedMs), expires: timeOf(expiresMs) }
      return { ...session, opened: timeOf(openedMs), ...times }
    },
  )
  return success({ sessions })
}

async function handleRemove(removed: Promise<void>): Promise<Reply> {
  await removed
  return NO_CONTENT
}

async function handleAudit({ params }: Ask, audit: AuditView): Promise<Reply> {
  const entries = await audit.entries({
    text: params.get('search') ?? '',
    failed: readOutcome(params.get('outcome') ?? ''),
    beforeId: readCount(params, 'before', 0),
    count: Math.min(readCount(params, 'limit', ENTRIES_DEFAULT), ENTRIES_MAX),
  })
  return success({
    entries: entries.map(({ timeMs, ...entry }) => ({ ...entry, time: timeOf(timeMs) })),
  })
}

/** Null for never. */
function timeOf(timeMs: number): string | null {
  return timeMs === 0 ? null : new Date(timeMs).toISOString()
}

function segmentOf({ segments }: Ask, name: string): string {
  return segments.get(name) ?? ''
}

function readOutcome(text: string): boolean {
  if (text === '' || text === 'failed') return text === 'failed'
  throw new NarthexError('bad_data', 'invalid parameter "outcome": wanted failed')
}

function readCount(params: URLSearchParams, name: string, preset: number): number {
  const text = params.get(name)
  if (text === null) return preset
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new NarthexError('bad_data', `invalid parameter "${name}": wanted a whole number`)
}
