/** Routes that say what they take and answer: what is described and what is served are one thing. */
import type { Role } from '../../model/role.ts'
import type { Ask, Reply, Route } from '../../net/server/message.ts'
import type { Schema } from './schema.ts'

/** What may be done at an address. */
export interface Operation {
  /** In the third person: `Lists groups by name`. */
  readonly summary: string
  /** Parameters of the query. */
  readonly query?: Readonly<Record<string, Parameter>>
  /** What further parameters of the query are, where any name may be one. */
  readonly anyQuery?: string
  /** Headers of the request that make a difference. */
  readonly headers?: Readonly<Record<string, string>>
  /** Schema of the body by media type. */
  readonly body?: Readonly<Record<string, Schema>>
  /** Absent where there is nothing to say (204). */
  readonly answer?: Answer
  /** Statuses of refusals that this operation has, besides those that all have. */
  readonly failures: readonly FailureStatus[]
}

/** One parameter: what it means, and its schema where it is not any text. */
export type Parameter =
  | string
  | { readonly means: string; readonly schema?: Schema; readonly isRequired?: boolean }

export interface Answer {
  readonly schema: Schema
  /** `application/json` where absent. */
  readonly type?: string
  /** Schemas of the same answer in further media types. */
  readonly others?: Readonly<Record<string, Schema>>
  /** 200 where absent. */
  readonly status?: 200 | 201 | 202
  /** Headers that come with it. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What refusals mean. */
export const FAILURES = {
  304: 'The client has it already.',
  400: 'The request cannot be understood.',
  403: 'It is not allowed.',
  404: 'There is no such thing.',
  409: 'Somebody else was quicker, or something is in the way.',
  422: 'It is not taken; every problem is told.',
  429: 'Too much at a time; Retry-After says when to come again.',
  500: 'A file or a peer failed.',
  503: 'The database is away, or everything is taken; Retry-After says when to come again.',
} as const

export type FailureStatus = keyof typeof FAILURES

/** Of answers that a client may have already. */
export const TAG = { etag: 'changes with the content' } as const
export const KNOWN_TAG = { 'if-none-match': 'ETag of what the client has' } as const

/** A route with what is said of it. */
export interface DescribedRoute extends Route {
  readonly operation: Operation
}

type Handle = Route['handle']

/** An operation whose answer is JSON of this schema. */
export function answering(
  schema: Schema,
  summary: string,
  failures: readonly FailureStatus[] = [],
): Operation {
  return { summary, answer: { schema }, failures }
}

/** A question that everybody may ask who is let in. */
export function question(path: string, operation: Operation, handle: Handle): DescribedRoute {
  return {
    ...{ path, methods: ['GET'], role: 'viewer', changes: false, body: 'none' },
    ...{ operation, handle },
  }
}

/** A change; a body is taken where the operation describes one. */
export function change(
  method: 'PUT' | 'POST' | 'DELETE',
  path: string,
  role: Role,
  operation: Operation,
  handle: (ask: Ask) => Reply | Promise<Reply>,
): DescribedRoute {
  const body = operation.body === undefined ? 'none' : 'bytes'
  return { path, methods: [method], role, changes: true, body, operation, handle }
}
