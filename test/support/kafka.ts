/** A real Kafka broker (KRaft, one node) for tests. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { findComponent } from '../../tools/components.ts'
import { freePort, startProcess, type TestProcess, until } from './processes.ts'

/** Heap of the broker: tests send little. */
const JAVA_FLAGS = ['-Xmx256m', '-Xms64m']

/** Longest a broker may take to listen, in ms. */
const READY_MS_MAX = 90_000

/** A broker; `restart` brings it back on the same port with the same data. */
export interface KafkaBroker {
  /** host:port */
  readonly address: string
  readonly pid: number
  output(): string
  /** SIGKILL, then waits. */
  kill(): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
}

/** What a broker may be given besides its defaults: lines of server.properties. */
export interface KafkaOptions {
  readonly folder: string
  readonly properties?: readonly string[]
  /** Further ways in, beside the plain one. */
  readonly listeners?: readonly KafkaListener[]
  /** As StorageTool takes them: `SCRAM-SHA-256=[name=ben,password=secret]`. */
  readonly scramUsers?: readonly string[]
}

export interface KafkaListener {
  readonly name: string
  readonly protocol: 'PLAINTEXT' | 'SSL' | 'SASL_SSL' | 'SASL_PLAINTEXT'
  readonly port: number
  /** Where clients are sent; the same when absent. */
  readonly advertisedPort?: number
}

/** Formats a folder, starts a broker in it and waits until it listens. */
export async function startKafka(options: KafkaOptions): Promise<KafkaBroker> {
  const { folder } = options
  mkdirSync(folder, { recursive: true })
  const port = await freePort()
  const address = `127.0.0.1:${port}`
  const file = join(folder, 'server.properties')
  writeFileSync(file, properties(options, port, await freePort()))
  writeFileSync(join(folder, 'log4j2.properties'), LOGGING)
  if (!existsSync(join(folder, 'data'))) format(file, options.scramUsers ?? [])
  let broker = await listen(folder, file, port)
  return {
    address,
    get pid() {
      return broker.pid
    },
    output: () => broker.output(),
    kill: () => broker.kill(),
    async restart() {
      broker = await listen(folder, file, port)
    },
    async stop() {
      await broker.stop()
    },
  }
}

type Started = Omit<TestProcess, 'url'>

async function listen(folder: string, file: string, port: number): Promise<Started> {
  const logging = `-Dlog4j2.configurationFile=${join(folder, 'log4j2.properties')}`
  const started = startProcess('java', [...java(), logging, 'kafka.Kafka', file])
  let ended: number | string | undefined
  void started.ended.then((code) => {
    ended = code
  })
  const probe = async (): Promise<boolean> => {
    if (ended !== undefined) throw new Error(`kafka ended with ${ended}\n${started.output()}`)
    return await isListening(port)
  }
  await until(`a broker on port ${port}`, probe, READY_MS_MAX)
  return started
}

function format(file: string, scramUsers: readonly string[]): void {
  const tool = [...java(), 'kafka.tools.StorageTool']
  const id = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64url')
  const users = scramUsers.map((user) => `--add-scram=${user}`)
  const args = ['format', '--standalone', `--cluster-id=${id}`, ...users, '-c', file]
  const done = spawnSync('java', [...tool, ...args], { encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`cannot format the storage of kafka: ${done.stderr}`)
}

function java(): string[] {
  return [...JAVA_FLAGS, '-cp', `${findComponent('kafka')?.path}/*`]
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1')
    socket.once('connect', () => socket.end(() => resolve(true)))
    socket.once('error', () => resolve(false))
  })
}

function properties(options: KafkaOptions, port: number, controllerPort: number): string {
  const { folder, listeners = [] } = options
  const more = listeners.map((each) => `${each.name}://127.0.0.1:${each.port}`)
  const advertised = listeners.map(
    ({ name, port: own, advertisedPort }) => `${name}://127.0.0.1:${advertisedPort ?? own}`,
  )
  const protocols = listeners.map(({ name, protocol }) => `${name}:${protocol}`)
  const plain = `PLAINTEXT://127.0.0.1:${port}`
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.bootstrap.servers=127.0.0.1:${controllerPort}`,
    `listeners=${[plain, ...more, `CONTROLLER://127.0.0.1:${controllerPort}`].join()}`,
    `advertised.listeners=${[plain, ...advertised].join()}`,
    'controller.listener.names=CONTROLLER',
    `listener.security.protocol.map=${['CONTROLLER:PLAINTEXT', 'PLAINTEXT:PLAINTEXT', ...protocols].join()}`,
    `log.dirs=${join(folder, 'data')}`,
    'num.partitions=4',
    'offsets.topic.num.partitions=4',
    'offsets.topic.replication.factor=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    ...(options.properties ?? []),
    '',
  ].join('\n')
}

const LOGGING = `rootLogger.level=WARN
rootLogger.appenderRef.console.ref=console
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d %p %c %m%n
`
