/** What a handler gets and gives: a request without its socket, and a reply without one. */
import type { Role } from '../../model/role.ts'

/** The name of who asks where nobody has to say who they are. */
export const ANYBODY = 'anybody'

/** Who asks. */
export interface Identity {
  readonly name: string
  readonly role: Role
  /** Of who showed a password: something that changes with it. */
  readonly proof?: string
  /** The session that was shown, where one was. */
  readonly session?: string
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
  /** Nobody gets in without at least this role; `none` lets strangers in, too. */
  readonly role: Role | 'none'
  /** Changes something: browsers may only call it from our own pages. */
  readonly changes: boolean
  readonly body: BodyKind
  /** Name in the metrics, for routes that are many; the path where absent. */
  readonly family?: string
  /** Called by programs again and again: a witness is not told of each time. */
  readonly isHeartbeat?: boolean
  handle(ask: Ask): Reply | Promise<Reply>
}

/** A request on a route that changes something, once it was answered. */
export interface Changing {
  readonly identity: Identity
  readonly address: string
  readonly method: string
  readonly route: Route
  readonly segments: ReadonlyMap<string, string>
  readonly status: number
}

/** Is told who changed something and who was not let in, for a log of it. */
export interface Witness {
  changed(changing: Changing): void
  /** A wrong password. @param name of the user; '' for one that nobody has */
  refused(name: string, address: string): void
}
