/** A MariaDB server of its own for tests. */
import { execFile, spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findComponent } from '../../tools/components.ts'
import { freePort, startProcess, temporaryFolder, until } from './processes.ts'

export interface MariaDb {
  readonly port: number
  /** Path of the socket. */
  readonly socket: string
  /** Runs statements as root. @returns rows as the client prints them */
  query(text: string): Promise<string>
  stop(): Promise<void>
}

/** Starts a server whose user root has no password and comes by loopback only. */
export async function startMariaDb(flags: readonly string[] = []): Promise<MariaDb> {
  const folder = temporaryFolder('mariadb')
  chmodSync(folder.path, 0o777)
  const data = join(folder.path, 'data')
  const who = process.getuid?.() === 0 ? ['--user=nobody'] : []
  const made = spawnSync(
    pathOf('mariadb-install-db'),
    [
      '--no-defaults',
      ...[...who, `--datadir=${data}`, '--skip-test-db', '--innodb-fast-shutdown=0'],
      '--auth-root-authentication-method=normal',
    ],
    { encoding: 'utf8', cwd: folder.path },
  )
  if (made.status !== 0) throw new Error(`cannot make a database: ${made.stderr}${made.stdout}`)
  const port = await freePort()
  const socket = join(folder.path, 'sock')
  const server = startProcess(pathOf('mariadbd'), [
    '--no-defaults',
    ...[...who, `--datadir=${data}`, `--socket=${socket}`],
    ...[`--pid-file=${join(folder.path, 'pid')}`, '--bind-address=127.0.0.1', `--port=${port}`],
    ...flags,
  ])
  await until('mariadbd', () => isOpen(port)).catch(async (error: unknown) => {
    await server.kill()
    throw new Error(`${String(error)}\n${server.output()}`)
  })
  return {
    port,
    socket,
    async query(text) {
      const to = ['--no-defaults', '--host=127.0.0.1', `--port=${port}`, '--user=root']
      return (await promisify(execFile)(pathOf('mariadb'), [...to, '--execute', text])).stdout
    },
    async stop() {
      await server.stop()
      folder.remove()
    },
  }
}

function pathOf(command: string): string {
  const component = findComponent(command)
  if (component === undefined) throw new Error(`${command} is not on this machine`)
  return component.path
}

/** Whether a server greets. */
function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const end = (is: boolean) => (): void => {
      socket.destroy()
      resolve(is)
    }
    socket.once('data', end(true))
    socket.once('error', end(false))
  })
}
