/** Asks for accounts and the audit log, and changes accounts. */
import type { Role } from '../../src/model/role.ts'
import { ask, change } from '../api/client.ts'
import type { AccountsState } from './state.ts'

export interface UserRow {
  readonly name: string
  readonly role: Role
  /** RFC 3339 */
  readonly created: string
  readonly changed: string
  readonly changedBy: string
}

export interface TokenRow {
  readonly name: string
  readonly role: Role
  /** RFC 3339 */
  readonly created: string
  readonly createdBy: string
  /** Null for never. */
  readonly expires: string | null
  readonly used: string | null
  readonly usedFrom: string
}

export interface SessionRow {
  readonly id: string
  readonly user: string
  readonly address: string
  readonly agent: string
  /** RFC 3339 */
  readonly opened: string
  readonly used: string
  readonly expires: string
}

export interface AuditRow {
  readonly id: number
  /** RFC 3339 */
  readonly time: string
  readonly who: string
  readonly address: string
  readonly action: string
  readonly object: string
  readonly status: number
}

/** Entries of one part of the audit log. */
export const ENTRIES_COUNT = 100

export async function loadUsers(abort: AbortSignal): Promise<readonly UserRow[]> {
  return (await ask<{ users: readonly UserRow[] }>('hub/users', {}, abort)).data.users
}

/** @param password '' leaves it as it is */
export function saveUser(name: string, role: Role, password: string): Promise<void> {
  const wish = password === '' ? { role } : { role, password }
  return change('PUT', pathOf('users', name), JSON.stringify(wish))
}

export function removeUser(name: string): Promise<void> {
  return change('DELETE', pathOf('users', name), '')
}

export async function loadTokens(abort: AbortSignal): Promise<readonly TokenRow[]> {
  return (await ask<{ tokens: readonly TokenRow[] }>('hub/tokens', {}, abort)).data.tokens
}

/** @param expires '' for never @returns the token, which nobody tells again */
export async function addToken(name: string, role: Role, expires: string): Promise<string> {
  const wish = JSON.stringify({ role, expires })
  return (await change<{ token: string }>('POST', pathOf('tokens', name), wish)).token
}

export function removeToken(name: string): Promise<void> {
  return change('DELETE', pathOf('tokens', name), '')
}

export async function loadSessions(abort: AbortSignal): Promise<readonly SessionRow[]> {
  return (await ask<{ sessions: readonly SessionRow[] }>('hub/sessions', {}, abort)).data.sessions
}

export function endSession(id: string): Promise<void> {
  return change('DELETE', pathOf('sessions', id), '')
}

export async function loadAudit(
  { text, failed, before }: AccountsState,
  abort: AbortSignal,
): Promise<readonly AuditRow[]> {
  const params = {
    search: text === '' ? undefined : text,
    outcome: failed ? 'failed' : undefined,
    before: before === 0 ? undefined : String(before),
    limit: String(ENTRIES_COUNT),
  }
  return (await ask<{ entries: readonly AuditRow[] }>('hub/audit', params, abort)).data.entries
}

function pathOf(kind: string, name: string): string {
  return `hub/${kind}/${encodeURIComponent(name)}`
}
