/** What a live exporter stands on in tests: folders, files, processes, and the end of all of them. */
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { delimiter, join } from 'node:path'
import { type Component, findComponent } from '../../tools/components.ts'
import {
  freePort,
  isOk,
  startProcess,
  type TestProcess,
  temporaryFolder,
  until,
} from './processes.ts'

/** How an exporter is brought to say something. */
export interface LiveExporter {
  readonly commands: readonly string[]
  /** Why it cannot be started as this user; undefined when it can. */
  readonly cannot?: string | undefined
  /** Metrics of the sample that it has not here, and why; regular expressions of whole names. */
  readonly lacks: Readonly<Record<string, string>>
  /** @returns addresses whose answers together are what the exporter says */
  start(stage: Stage): Promise<readonly string[]>
}

/** Exporters by the names of their entries. */
export type LiveExporters = Readonly<Record<string, LiveExporter>>

/** The reason why something that only root may do is skipped; undefined for root. */
export const NOT_ROOT: string | undefined = process.getuid?.() === 0 ? undefined : 'needs root'

/** Flags of a Java virtual machine that starts quickly and stays small. */
const JAVA_FLAGS = ['-Xms32m', '-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']

/** Longest that a server may take to answer beside other tests, in ms. */
const START_MS_MAX = 60_000

/** What was started for one exporter; all of it ends with `clear`. */
export class Stage {
  readonly path: string
  readonly #ends: (() => unknown)[] = []

  constructor(name: string) {
    const folder = temporaryFolder(name)
    this.path = folder.path
    this.own(() => folder.remove())
  }

  own(end: () => unknown): void {
    this.#ends.push(end)
  }

  file(name: string, text: string): string {
    const path = join(this.path, name)
    writeFileSync(path, text)
    return path
  }

  folder(name: string): string {
    const path = join(this.path, name)
    mkdirSync(path)
    return path
  }

  /** A folder that other users can enter. */
  openFolder(name: string): string {
    chmodSync(this.path, 0o755)
    return this.folder(name)
  }

  /** A page that answers every request with this text. */
  async page(text: string): Promise<string> {
    const server = createServer((request, reply) => {
      request.resume()
      reply.end(text)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    this.own(() => {
      server.closeAllConnections()
      server.close()
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  }

  /** Starts a component and waits until an address answers 200. */
  async run(
    command: string,
    args: readonly string[],
    readyUrl: string,
    env: Readonly<Record<string, string>> = {},
    end: Ending = 'stop',
  ): Promise<void> {
    await untilOk(readyUrl, this.begin(command, args, env, end))
  }

  /** Starts a program of Java, its main class among the arguments, and waits likewise. */
  async runJava(
    jars: readonly string[],
    args: readonly string[],
    readyUrl: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const path = ['-cp', jars.join(delimiter)]
    await this.run('java', [...JAVA_FLAGS, ...path, ...args], readyUrl, env, 'kill')
  }

  /** Starts an exporter on a free port. @returns the address of its metrics */
  async exporter(
    command: string,
    args: (address: string) => readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<readonly [string]> {
    const address = `127.0.0.1:${await freePort()}`
    const url = `http://${address}/metrics`
    await this.run(command, args(address), url, env)
    return [url]
  }

  async clear(): Promise<void> {
    for (const end of this.#ends.toReversed()) await end()
  }

  /** Starts a component, or the program at a path; it ends with the stage. */
  begin(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    end: Ending = 'stop',
  ): Started {
    const { path, env: own } = command.startsWith('/')
      ? { path: command, env: {} }
      : componentOf(command)
    const started = startProcess(path, args, { ...own, ...env })
    this.own(() => started[end]())
    return started
  }
}

/** The jars of a program of Java. */
export function jarsOf(name: string): readonly string[] {
  const { path } = componentOf(name)
  return readdirSync(path).map((jar) => join(path, jar))
}

/** `kill` is for those that would take their time over what is thrown away. */
type Ending = 'stop' | 'kill'

type Started = Omit<TestProcess, 'url'>

/** @throws when it is not on this machine */
export function componentOf(command: string): Component {
  const component = findComponent(command)
  if (component === undefined) throw new Error(`${command} is not on this machine`)
  return component
}

/** Waits until an address answers 200, as long as the process that should answer lives. */
async function untilOk(url: string, started: Started): Promise<void> {
  let outcome: number | string | undefined
  void started.ended.then((code) => {
    outcome = code
  })
  const probe = async (): Promise<boolean> => {
    if (outcome !== undefined) throw new Error(`it ended with ${outcome}`)
    return await isOk(url)
  }
  await until(url, probe, START_MS_MAX).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${started.output()}`)
  })
}

/** Sends a text, and takes no refusal. */
export async function post(url: string, body: string, type: string): Promise<void> {
  await ask(url, { method: 'POST', body, headers: { 'content-type': type } })
}

/** Sends JSON, and takes no refusal. */
export async function send(method: string, url: string, value: object): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  await ask(url, { method, body: JSON.stringify(value), headers })
}

async function ask(url: string, request: RequestInit): Promise<void> {
  const reply = await fetch(url, request)
  await reply.arrayBuffer()
  if (!reply.ok) throw new Error(`${url} answered ${reply.status}`)
}

/** Says one line to a server and waits for what it says back. */
export async function sayTo(port: number, line: string): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.write(line)
  await once(socket, 'data')
  socket.destroy()
}
