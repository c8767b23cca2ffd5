/** What is used of the package `pg`. */
declare module 'pg' {
  /** Messages to the server. */
  export interface Connection {
    query(text: string): void
    sendCopyFromChunk(chunk: Buffer): void
    endCopyFrom(): void
    readonly stream: { destroy(): void }
  }

  /** A query of one's own: what it is told while it runs. */
  export interface Submittable {
    submit(connection: Connection): void
    handleRowDescription(): void
    handleDataRow(): void
    handleCommandComplete(): void
    handleEmptyQuery(): void
    handlePortalSuspended(): void
    handleCopyInResponse(connection: Connection): void
    handleCopyData(): void
    handleReadyForQuery(): void
    handleError(error: Error): void
  }

  export interface ClientConfig {
    readonly connectionString?: string
    readonly host?: string
    readonly port?: number
    readonly database?: string
    readonly user?: string
    readonly password?: string
    readonly ssl?: unknown
    readonly application_name?: string
    readonly keepAlive?: boolean
  }

  export class Client {
    readonly connection: Connection
    constructor(config: ClientConfig)
    connect(): Promise<void>
    query<R>(text: string, values?: readonly unknown[]): Promise<{ readonly rows: readonly R[] }>
    query(query: Submittable): void
    on(event: 'error', listener: (error: Error) => void): void
    end(): Promise<void>
  }

  const pg: { readonly Client: typeof Client }
  export default pg
}
