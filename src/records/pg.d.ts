/** What records use of the package `pg` besides. */
declare module 'pg' {
  export interface PoolConfig extends ClientConfig {
    readonly max?: number
    readonly connectionTimeoutMillis?: number
    readonly query_timeout?: number
    readonly statement_timeout?: number
    readonly types?: { getTypeParser(oid: number, format?: 'text' | 'binary'): unknown }
  }

  export class Pool {
    constructor(config: PoolConfig)
    on(event: 'error', listener: (error: Error) => void): void
    on(event: 'connect', listener: (client: Client) => void): void
    end(): Promise<void>
  }

  export const types: { getTypeParser(oid: number, format?: 'text' | 'binary'): unknown }
}
