/** Starts the program and real servers for tests; each ends by its own process id. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { findComponent } from '../../tools/components.ts'

/** The checkout. */
export const ROOT: string = join(dirname(fileURLToPath(import.meta.url)), '../..')

/** The material beside the checkout. */
export const SHARED: string = join(ROOT, '../shared')

/** Longest a process may take to answer, in ms. */
const READY_MS_MAX = 30_000

/** Longest a process may take to end after SIGTERM, in ms. */
const STOP_MS_MAX = 10_000

/** A process under test. */
export interface TestProcess {
  readonly url: string
  readonly pid: number
  /** What it has written to standard output and error so far. */
  output(): string
  /** SIGTERM, then waits. @returns the exit code, or the signal's name */
  stop(): Promise<number | string>
  /** SIGKILL, then waits. */
  kill(): Promise<void>
  signal(name: NodeJS.Signals): void
  /** Resolves when the process ends by itself. */
  readonly ended: Promise<number | string>
}

/** A new empty folder, and its removal. */
export function temporaryFolder(name: string): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `narthex-${name}-`))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** A loopback port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** Asks until `probe` says yes. @throws when it does not within `boundMs` */
export async function until(
  what: string,
  probe: () => Promise<boolean> | boolean,
  boundMs: number = READY_MS_MAX,
): Promise<void> {
  const endMs = Date.now() + boundMs
  for (;;) {
    if (await probe()) return
    if (Date.now() > endMs) throw new Error(`waited ${boundMs} ms for ${what}`)
    await delay(25)
  }
}

/** Whether a URL answers 200. */
export async function isOk(url: string): Promise<boolean> {
  try {
    const reply = await fetch(url)
    await reply.arrayBuffer()
    return reply.status === 200
  } catch {
    return false // not listening yet
  }
}

/** Whether somebody listens on a port of loopback. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1')
    socket.once('connect', () => socket.end(() => resolve(true)))
    socket.once('error', () => resolve(false))
  })
}

/** What a `narthex up` under test is given. */
export interface NarthexOptions {
  /** prometheus.yml; written beside the storage. Absent: no --config.file. */
  readonly config?: string
  readonly storage: string
  readonly flags?: readonly string[]
  readonly port?: number
}

/** Starts `bin/narthex up` and waits until it is ready. */
export async function startNarthex(options: NarthexOptions): Promise<TestProcess> {
  const flags = [`--storage.path=${options.storage}`, ...(options.flags ?? ['--log.level=warn'])]
  if (options.config !== undefined) {
    const file = `${options.storage}.yml`
    writeFileSync(file, options.config)
    flags.push(`--config.file=${file}`)
  }
  return await startRole('up', flags, options.port)
}

/** Starts a role on a port of loopback and waits until it is ready. */
export async function startRole(
  role: string,
  flags: readonly string[],
  port?: number,
): Promise<TestProcess> {
  const listen = port ?? (await freePort())
  const address = `--web.listen-address=127.0.0.1:${listen}`
  const started = startProcess(join(ROOT, 'bin/narthex'), [role, address, ...flags])
  return await ready(started, `http://127.0.0.1:${listen}`, '/-/ready')
}

/** Starts a component of tools/components and waits until `readyPath` answers 200. */
export async function startComponent(
  command: string,
  args: readonly string[],
  port: number,
  readyPath: string,
): Promise<TestProcess> {
  const component = findComponent(command)
  if (component === undefined) throw new Error(`${command} is not on this machine`)
  const started = startProcess(component.path, args, component.env)
  return await ready(started, `http://127.0.0.1:${port}`, readyPath)
}

/** The reason to skip a test that needs components; undefined when all are there. */
export function missingComponents(...commands: string[]): string | undefined {
  const missing = commands.filter((command) => findComponent(command) === undefined)
  return missing.length === 0 ? undefined : `${missing.join(', ')} cannot be had on this machine`
}

/** Starts any command; the caller ends it. */
export function startProcess(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Omit<TestProcess, 'url'> {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return watch(child)
}

function watch(child: ChildProcess): Omit<TestProcess, 'url'> {
  let text = ''
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-1_000_000)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'))
    child.once('error', (error) => {
      text += error.message
      resolve(error.message)
    })
  })
  const endOnExit = (): void => void child.kill('SIGKILL')
  process.once('exit', endOnExit)
  void ended.then(() => process.off('exit', endOnExit))
  return {
    pid: child.pid ?? 0,
    output: () => text,
    ended,
    signal: (name) => void child.kill(name),
    async stop() {
      child.kill('SIGTERM')
      const guard = new AbortController()
      const late = delay(STOP_MS_MAX, 'still running', { signal: guard.signal }).catch(() => '')
      const outcome = await Promise.race([ended, late])
      guard.abort()
      if (outcome === 'still running') child.kill('SIGKILL')
      return outcome
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function ready(
  started: Omit<TestProcess, 'url'>,
  url: string,
  readyPath: string,
): Promise<TestProcess> {
  let outcome: number | string | undefined
  void started.ended.then((code) => {
    outcome = code
  })
  try {
    await until(`${url}${readyPath}`, async () => {
      if (outcome !== undefined) throw new Error(`it ended with ${outcome}`)
      return await isOk(`${url}${readyPath}`)
    })
  } catch (error) {
    await started.kill()
    throw new Error(`cannot start: ${String(error)}\n${started.output()}`)
  }
  return { ...started, url }
}
