/** Users, tokens and sessions as rows of their tables, and back. */
import type { StoredSession, StoredToken, StoredUser } from '../model/accountrecords.ts'
import type { HubSessionsTable, HubTokensTable, HubUsersTable } from './schema.ts'

export function userOf(row: HubUsersTable): StoredUser {
  return {
    name: row.name,
    role: row.role,
    hash: row.hash,
    createdMs: row.created_ms,
    changedMs: row.changed_ms,
    changedBy: row.changed_by,
  }
}

export function rowOfUser(user: StoredUser): HubUsersTable {
  return {
    name: user.name,
    role: user.role,
    hash: user.hash,
    created_ms: user.createdMs,
    changed_ms: user.changedMs,
    changed_by: user.changedBy,
  }
}

export function tokenOf(row: HubTokensTable): StoredToken {
  return {
    name: row.name,
    role: row.role,
    digest: row.digest,
    createdMs: row.created_ms,
    createdBy: row.created_by,
    expiresMs: row.expires_ms,
    usedMs: row.used_ms,
    usedFrom: row.used_from,
  }
}

export function rowOfToken(token: StoredToken): HubTokensTable {
  return {
    name: token.name,
    role: token.role,
    digest: token.digest,
    created_ms: token.createdMs,
    created_by: token.createdBy,
    expires_ms: token.expiresMs,
    used_ms: token.usedMs,
    used_from: token.usedFrom,
  }
}

export function sessionOf(row: HubSessionsTable): StoredSession {
  return {
    id: row.id,
    digest: row.digest,
    user: row.user_name,
    proof: row.proof,
    address: row.address,
    agent: row.agent,
    openedMs: row.opened_ms,
    usedMs: row.used_ms,
    expiresMs: row.expires_ms,
  }
}

export function rowOfSession(session: StoredSession): HubSessionsTable {
  return {
    id: session.id,
    digest: session.digest,
    user_name: session.user,
    proof: session.proof,
    address: session.address,
    agent: session.agent,
    opened_ms: session.openedMs,
    used_ms: session.usedMs,
    expires_ms: session.expiresMs,
  }
}
