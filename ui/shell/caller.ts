/** Who asks, where people log in. */
import { type Signal, signal } from '@preact/signals'
import type { Role } from '../../src/model/role.ts'
import { ApiError, ask, change, isStranger } from '../api/client.ts'
import { urlOf } from '../api/root.ts'
import { hasPage } from './router.ts'

export interface Caller {
  readonly name: string
  readonly role: Role
  /** Whether nobody has to say who they are. */
  readonly isOpen: boolean
  /** Whether there is a session to end. */
  readonly hasSession: boolean
}

const AGAIN_MS = 5000

/** Undefined until the server has said it, and while nobody is logged in. */
export const caller: Signal<Caller | undefined> = signal(undefined)

/** Asks who asks; a stranger stays undefined. */
export async function loadCaller(): Promise<void> {
  if (!hasPage('login')) return
  try {
    caller.value = (await ask<Caller>('hub/session')).data
  } catch (error) {
    // A stranger is led to the login page; one whom nobody answers is told so by the shell.
    caller.value = undefined
    if (!(error instanceof ApiError) || error.kind !== 'unavailable') return
    // It cannot be told now who asks: the database of the accounts is away.
    window.setTimeout(() => void loadCaller(), AGAIN_MS)
  }
}

/** @throws ApiError for a name and a password that do not fit */
export async function logIn(name: string, password: string): Promise<void> {
  const body = JSON.stringify({ path: cookiePath() })
  caller.value = await change<Caller>('POST', 'hub/session', body, showing(name, password))
  isStranger.value = false
}

export async function logOut(): Promise<void> {
  await change('DELETE', `hub/session?path=${encodeURIComponent(cookiePath())}`, '')
  caller.value = undefined
  isStranger.value = true
}

/** Changes the password, which ends all sessions, and logs in anew. @throws ApiError */
export async function changePassword(name: string, present: string, next: string): Promise<void> {
  const body = JSON.stringify({ password: next })
  await change('PUT', 'hub/session/password', body, showing(name, present))
  await logIn(name, next)
}

/** What a proxy puts before our addresses, and with it the cookie. */
function cookiePath(): string {
  return urlOf('').pathname
}

function showing(name: string, password: string): Record<string, string> {
  const bytes = new TextEncoder().encode(`${name}:${password}`)
  return { authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` }
}
