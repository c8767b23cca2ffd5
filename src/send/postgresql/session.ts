/** One connection to PostgreSQL: queries, COPY, an end to everything that takes too long. */
import pg, { type Client, type ClientConfig, type Connection, type Submittable } from 'pg'
import type { PostgresDestination } from '../../config/destinations/postgresql.ts'
import { secretOf } from '../../net/client/credentials.ts'
import { tlsOptions } from '../../net/client/tls.ts'

/** Bytes of one message of a COPY. */
const CHUNK_BYTES_MAX = 256 * 1024

export class Session {
  /** Set when the connection is of no use any more. */
  isBroken = false
  readonly #client: Client

  private constructor(client: Client) {
    this.#client = client
    client.on('error', () => {
      // Whoever uses the session next opens another; what is under way rejects by itself.
      this.isBroken = true
    })
  }

  /** Opens a connection; the signal ends the attempt. */
  static async open(config: PostgresDestination, signal: AbortSignal): Promise<Session> {
    const session = new Session(new pg.Client(await clientConfig(config)))
    await session.#bounded(signal, () => session.#client.connect())
    return session
  }

  /** Rows of a query; the signal ends it and the connection. */
  async query<R>(
    signal: AbortSignal,
    text: string,
    values: readonly unknown[] = [],
  ): Promise<readonly R[]> {
    const { rows } = await this.#bounded(signal, () => this.#client.query<R>(text, values))
    return rows
  }

  /** Statements without parameters, in one go: one transaction. */
  async run(signal: AbortSignal, statements: string): Promise<void> {
    await this.#bounded(signal, () => this.#client.query(statements))
  }

  /** Statements of which one is COPY … FROM STDIN, in one go: one transaction. */
  async copy(signal: AbortSignal, statements: string, bytes: Uint8Array): Promise<void> {
    await this.#bounded(
      signal,
      () =>
        new Promise<void>((resolve, reject) =>
          this.#client.query(new CopyIn(statements, bytes, resolve, reject)),
        ),
    )
  }

  /** Closes the connection at once. */
  destroy(): void {
    this.isBroken = true
    this.#client.connection.stream.destroy()
  }

  async #bounded<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    const end = (): void => this.destroy()
    signal.throwIfAborted()
    signal.addEventListener('abort', end)
    try {
      return await run()
    } catch (error) {
      // Whatever went wrong, the next write begins with a session that is in order.
      this.destroy()
      signal.throwIfAborted()
      throw error
    } finally {
      signal.removeEventListener('abort', end)
    }
  }
}

/** Statements that take bytes. */
class CopyIn implements Submittable {
  readonly #statements: string
  readonly #bytes: Uint8Array
  readonly #resolve: () => void
  readonly #reject: (error: Error) => void

  constructor(
    statements: string,
    bytes: Uint8Array,
    resolve: () => void,
    reject: (error: Error) => void,
  ) {
    this.#statements = statements
    this.#bytes = bytes
    this.#resolve = resolve
    this.#reject = reject
  }

  submit(connection: Connection): void {
    connection.query(this.#statements)
  }

  handleCopyInResponse(connection: Connection): void {
    const { buffer, byteOffset, length } = this.#bytes
    const bytes = Buffer.from(buffer, byteOffset, length)
    for (let at = 0; at < length; at += CHUNK_BYTES_MAX) {
      connection.sendCopyFromChunk(bytes.subarray(at, at + CHUNK_BYTES_MAX))
    }
    connection.endCopyFrom()
  }

  handleReadyForQuery(): void {
    this.#resolve()
  }

  handleError(error: Error): void {
    this.#reject(error)
  }

  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleCommandComplete(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleCopyData(): void {}
}

/** Files are read now. */
async function clientConfig(config: PostgresDestination): Promise<ClientConfig> {
  const { connectionString, host, port, database, user, tls } = config
  const password = await secretOf(config.password, config.passwordFile)
  const credentials = password === '' ? {} : { password }
  const common = { application_name: 'narthex', keepAlive: true }
  if (connectionString === undefined) {
    const url = new URL(`https://${host.includes(':') ? `[${host}]` : host}`)
    const ssl = tls === undefined ? {} : { ssl: await tlsOptions(tls, url) }
    return { ...common, host, port, database, user, ...credentials, ...ssl }
  }
  const url = new URL(connectionString.reveal())
  if (password !== '') url.password = encodeURIComponent(password)
  const ssl = tls === undefined ? {} : { ssl: await tlsOptions(tls, url) }
  return { ...common, connectionString: url.href, ...ssl }
}
