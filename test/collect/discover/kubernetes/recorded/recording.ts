/** What an API server said to one role, and what a vmagent made of it in the end. */
import { readFileSync } from 'node:fs'
import type { KubernetesRole } from '../../../../../src/config/discovery.ts'

/** Roles with a recording. */
export const ROLES: readonly KubernetesRole[] = [
  'node',
  'pod',
  'service',
  'endpoints',
  'endpointslice',
  'ingress',
]

/** One request and its answer. */
export interface Exchange {
  /** Path and query. */
  readonly asked: string
  /** 0: the connection was refused. */
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The body as it came, a character for each byte. */
  readonly chunks: readonly string[]
  /** Whether the server ended the answer, the connection broke, or it still stood at the end. */
  readonly ends: 'whole' | 'cut' | 'open'
}

export interface Recording {
  /** The server and its version. */
  readonly of: string
  readonly exchanges: readonly Exchange[]
  /** Targets that vmagent had in the end: the address and what is said about it. */
  readonly targets: readonly Readonly<Record<string, string>>[]
}

/** Where the recording of a role lies. */
export function fileOf(role: KubernetesRole): URL {
  return new URL(`${role}.json`, import.meta.url)
}

export function readRecording(role: KubernetesRole): Recording {
  return JSON.parse(readFileSync(fileOf(role), 'utf8')) as Recording
}
