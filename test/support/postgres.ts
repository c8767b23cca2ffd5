/** A PostgreSQL server of its own for tests. As root it runs as another user, as it wants to. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg, { type Client } from 'pg'
import { findComponent } from '../../tools/components.ts'
import { freePort, startProcess, type TestProcess, until } from './processes.ts'

/** nobody, as which programs run that refuse to be root. */
const OTHER_USER = 65_534

export const PASSWORD = 'correct horse'

export interface Postgres {
  readonly port: number
  readonly pid: number
  /** Rows of a statement, as the superuser. */
  query(text: string): Promise<readonly Record<string, unknown>[]>
  /** Ends the server, and keeps what it has. */
  halt(): Promise<void>
  /** Starts it again after `halt`, at the same port. */
  resume(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts a server with the database `postgres` and the user `narthex`, who has PASSWORD.
 *
 * @param files by name in its folder, where they come from
 */
export async function startPostgres(
  settings: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'narthex-postgres-'))
  const data = join(folder, 'data')
  const sockets = join(folder, 'run')
  mkdirSync(sockets)
  const isRoot = process.getuid?.() === 0
  if (isRoot) for (const path of [folder, sockets]) chownSync(path, OTHER_USER, OTHER_USER)
  chmodSync(folder, 0o755)
  const user = isRoot
    ? ['--reuid', String(OTHER_USER), '--regid', String(OTHER_USER), '--clear-groups', '--']
    : []
  const commandOf = (name: string): readonly [string, readonly string[]] => {
    const component = findComponent(name)
    if (component === undefined) throw new Error(`${name} is not on this machine`)
    return isRoot ? ['setpriv', [...user, component.path]] : [component.path, []]
  }
  const [init, initArgs] = commandOf('initdb')
  const options = ['-D', data, '-U', 'narthex', '-E', 'UTF8', '--locale=C', '--no-sync']
  const password = join(folder, 'password')
  writeFileSync(password, PASSWORD, { mode: 0o644 })
  const made = spawnSync(
    init,
    [...initArgs, ...options, '--auth=scram-sha-256', `--pwfile=${password}`],
    { encoding: 'utf8', cwd: folder },
  )
  if (made.status !== 0)
    throw new Error(`cannot make a database: ${made.stderr}${made.error ?? ''}`)
  for (const [name, source] of Object.entries(files)) {
    copyFileSync(source, join(data, name))
    chmodSync(join(data, name), 0o600)
    if (isRoot) chownSync(join(data, name), OTHER_USER, OTHER_USER)
  }
  const port = await freePort()
  const all = {
    fsync: 'off',
    listen_addresses: '127.0.0.1',
    unix_socket_directories: sockets,
    ...settings,
  }
  const [command, args] = commandOf('postgres')
  const start = (): Promise<Running> =>
    startServer(command, port, [
      ...args,
      ...['-D', data, '-p', String(port)],
      ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ])
  let running: Running | undefined = await start()
  const halt = async (): Promise<void> => {
    running?.client.connection.stream.destroy()
    // Fast shutdown: what is connected is cut off.
    running?.server.signal('SIGINT')
    await running?.server.ended
    running = undefined
  }
  return {
    port,
    get pid() {
      return running?.server.pid ?? 0
    },
    async query(text) {
      return (await running?.client.query<Record<string, unknown>>(text))?.rows ?? []
    },
    halt,
    async resume() {
      running ??= await start()
    },
    async stop() {
      await halt()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface Running {
  readonly server: Omit<TestProcess, 'url'>
  /** Of the superuser. */
  readonly client: Client
}

async function startServer(
  command: string,
  port: number,
  args: readonly string[],
): Promise<Running> {
  const server = startProcess(command, args)
  let client: Client | undefined
  await until('postgres', async () => {
    const next = new pg.Client({
      host: '127.0.0.1',
      port,
      database: 'postgres',
      user: 'narthex',
      password: PASSWORD,
    })
    next.on('error', () => {})
    const isOpen = await next.connect().then(
      () => true,
      () => false,
    )
    if (isOpen) client = next
    return isOpen
  }).catch(async (error: unknown) => {
    await server.kill()
    throw new Error(`${String(error)}\n${server.output()}`)
  })
  if (client === undefined) throw new Error('postgres was never connected to')
  return { server, client }
}
