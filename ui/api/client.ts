/** Asks the server: one envelope, one kind of error, and one place that knows whether it answers. */
import { type Signal, signal } from '@preact/signals'
import type { Problem } from '../../src/model/registry.ts'
import { urlOf } from './root.ts'

/** A good answer with the notes that came with it. */
export interface Reply<T> {
  readonly data: T
  readonly warnings: readonly string[]
  readonly infos: readonly string[]
  /** From the first byte sent to the answer read. */
  readonly tookMs: number
}

/** A refused question (`kind` is Prometheus's errorType), or 'away' when nobody answered. */
export class ApiError extends Error {
  readonly kind: string
  /** What is wrong with what was sent, by place. */
  readonly problems: readonly Problem[]
  /** All of the refusal, where it says more than that. */
  readonly body: unknown

  constructor(kind: string, message: string, problems: readonly Problem[] = [], body?: unknown) {
    super(message)
    this.kind = kind
    this.problems = problems
    this.body = body
  }
}

/** Whether the last question reached a server. */
export const serverAway: Signal<boolean> = signal(false)
/** Whether the last question was refused because nobody said who asks. */
export const isStranger: Signal<boolean> = signal(false)
/** Grows with each return of the server; what shows data asks again when it changes. */
export const comebacks: Signal<number> = signal(0)

const PROBE_MS = 4000
let probe: number | undefined

/** The address of an API path. */
export function apiUrl(path: string): string {
  return urlOf(`api/v1/${path}`).href
}

type Params = Readonly<Record<string, string | readonly string[] | undefined>>

/** GET with parameters in the address. */
export function ask<T>(path: string, params: Params = {}, abort?: AbortSignal): Promise<Reply<T>> {
  const query = encodeParams(params).toString()
  return send(query === '' ? apiUrl(path) : `${apiUrl(path)}?${query}`, { method: 'GET' }, abort)
}

/** The data; undefined when who answers does not know the question or refuses it. */
export async function askIfKnown<T>(
  path: string,
  params: Params,
  abort: AbortSignal,
): Promise<T | undefined> {
  try {
    return (await ask<T>(path, params, abort)).data
  } catch (error) {
    if (error instanceof ApiError && error.kind !== 'away') return undefined
    throw error
  }
}

/** POST with a form, for questions that may be long. */
export function askLong<T>(path: string, params: Params, abort?: AbortSignal): Promise<Reply<T>> {
  return send(apiUrl(path), { method: 'POST', body: encodeParams(params) }, abort)
}

/** Sends a change. @param body JSON, '' for none */
export async function change<T>(
  method: 'PUT' | 'POST' | 'DELETE',
  path: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<T> {
  const type = body === '' ? {} : { 'content-type': 'application/json' }
  const sent = body === '' ? {} : { body }
  const reply = await send<T>(apiUrl(path), { method, headers: { ...type, ...headers }, ...sent })
  return reply.data
}

/** The text at an address of the server outside the API. */
export async function askText(path: string, abort: AbortSignal): Promise<string> {
  const response = await watchedFetch(urlOf(path).href, { signal: abort })
  if (!response.ok) throw new ApiError('http', `the server answered ${response.status} to ${path}`)
  return response.text()
}

/** A document that is no envelope, with its tag. @throws ApiError as of all questions */
export async function askDocument(
  path: string,
  abort: AbortSignal,
): Promise<{ readonly text: string; readonly etag: string }> {
  const response = await watchedFetch(apiUrl(path), { signal: abort })
  if (!response.ok) throw refusalOf(response, await readBody(response))
  return { text: await response.text(), etag: response.headers.get('etag') ?? '' }
}

/** fetch that reports to serverAway; for the editor's own client. */
export async function watchedFetch(url: RequestInfo, init?: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(url, init)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    setAway(true)
    throw new ApiError('away', 'the server does not answer')
  }
  // A proxy in front answers for a server that is gone.
  setAway(response.status === 502 || response.status === 504)
  if (!showsPassword(init)) isStranger.value = response.status === 401
  return response
}

/** A wrong password is no stranger: who typed it is told. */
function showsPassword(init: RequestInit | undefined): boolean {
  return new Headers(init?.headers).has('authorization')
}

/** Asks now whether the server is back. */
export async function probeServer(): Promise<void> {
  try {
    const response = await fetch(urlOf('-/ready'), { cache: 'no-store' })
    if (response.status < 500) setAway(false)
  } catch {
    // Still away: the banner says so and the next probe is already due.
  }
}

/** Whether the error only says that the question was withdrawn. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}

/** The sentence an error has for people. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function send<T>(url: string, init: RequestInit, abort?: AbortSignal): Promise<Reply<T>> {
  const startedMs = performance.now()
  const response = await watchedFetch(url, abort === undefined ? init : { ...init, signal: abort })
  const body = response.status === NO_CONTENT ? DONE : await readBody(response)
  if (body?.status !== 'success') throw refusalOf(response, body)
  return {
    data: body.data as T,
    warnings: body.warnings ?? [],
    infos: body.infos ?? [],
    tookMs: performance.now() - startedMs,
  }
}

function refusalOf(response: Response, body: Envelope | undefined): ApiError {
  if (body?.status === 'error') {
    return new ApiError(body.errorType ?? 'error', body.error ?? '', body.problems, body)
  }
  return new ApiError('http', `the server answered ${response.status} ${response.statusText}`)
}

interface Envelope {
  readonly status?: string
  readonly data?: unknown
  readonly errorType?: string
  readonly error?: string
  readonly warnings?: readonly string[]
  readonly infos?: readonly string[]
  readonly problems?: readonly Problem[]
}

/** An answer that says nothing but that it is done. */
const NO_CONTENT = 204
const DONE: Envelope = { status: 'success' }

async function readBody(response: Response): Promise<Envelope | undefined> {
  try {
    return (await response.json()) as Envelope
  } catch (error) {
    if (isAbort(error)) throw error
    return undefined
  }
}

function encodeParams(params: Params): URLSearchParams {
  const encoded = new URLSearchParams()
  for (const [key, value] of Object.entries(params)) {
    if (value === undefined) continue
    if (typeof value === 'string') encoded.append(key, value)
    else for (const one of value) encoded.append(key, one)
  }
  return encoded
}

function setAway(away: boolean): void {
  if (away === serverAway.value) return
  serverAway.value = away
  if (away) {
    probe = window.setInterval(() => void probeServer(), PROBE_MS)
  } else {
    window.clearInterval(probe)
    comebacks.value++
  }
}
