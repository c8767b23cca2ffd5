/** What a handler gets and gives: a request without its socket, and a reply without one. */
import type { Role } from '../../model/role.ts'

/** The name of who asks where nobody has to say who they are. */
export const ANYBODY = 'anybody'

/** Who asks. */
export interface Identity {
  readonly name: string
  readonly role: Role
}

/** One request that has passed the gate, its body already read. */
export interface Ask {
  readonly method: string
  /** The query of the address and the fields of a form, the form's first. */
  readonly params: URLSearchParams
  /** Values of the `:name` segments of the route, percent-decoded. */
  readonly segments: ReadonlyMap<string, string>
  readonly identity: Identity
  /** The address that the request comes from. */
  readonly address: string
  /** The bytes as they came, of a route that takes bytes; otherwise empty. */
  readonly body: Uint8Array
  /** Fires when the client leaves or the server stops. */
  readonly signal: AbortSignal
  /** A header by its lower-case name. */
  header(name: string): string | undefined
}

/** What goes back. */
export interface Reply {
  readonly status: number
  /** Media type; '' with an empty body. */
  readonly type: string
  readonly body: string | Uint8Array
  /** More headers by lower-case name; they win over the server's own. */
  readonly headers?: Readonly<Record<string, string>>
}

/** How a route takes its body. `form` fields become parameters; a body of another type is not read. */
export type BodyKind = 'none' | 'form' | 'bytes'

/** One address and what may be done there. */
export interface Route {
  readonly methods: readonly ('GET' | 'POST' | 'PUT' | 'DELETE')[]
  /**
   * `/a/:name/b`; a `:name` takes one segment that is not empty, a last `:name*` all that follow, not
   * decoded.
   */
  readonly path: string
  /** Nobody gets in without at least this role. */
  readonly role: Role
  /** Changes something: browsers may only call it from our own pages. */
  readonly changes: boolean
  readonly body: BodyKind
  /** Name in the metrics, for routes that are many; the path where absent. */
  readonly family?: string
  handle(ask: Ask): Reply | Promise<Reply>
}
