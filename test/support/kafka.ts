/** Real Kafka brokers (KRaft) for tests: one alone, or several that follow each other. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findComponent } from '../../tools/components.ts'
import { freePort, isListening, startProcess, type TestProcess, until } from './processes.ts'

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

/** A broker's place: alone, or one of several that vote for each other. */
interface Node {
  readonly id: number
  readonly port: number
  readonly controllerPort: number
  /** `id@host:port` of all controllers; '' for a broker that is alone. */
  readonly voters: string
  readonly clusterId: string
}

/** Formats a folder, starts a broker in it and waits until it listens. */
export async function startKafka(options: KafkaOptions): Promise<KafkaBroker> {
  const [port, controllerPort] = [await freePort(), await freePort()]
  return await startNode(options, { id: 1, port, controllerPort, voters: '', clusterId: newId() })
}

/** Starts brokers that keep everything `count` times; each is a controller, too. */
export async function startKafkaCluster(
  options: KafkaOptions,
  count: number,
): Promise<readonly KafkaBroker[]> {
  const clusterId = newId()
  const ports: number[] = []
  for (let i = 0; i < 2 * count; i++) ports.push(await freePort())
  const controllers = ports.slice(count)
  const voters = controllers.map((port, i) => `${i + 1}@127.0.0.1:${port}`).join()
  const starts = controllers.map((controllerPort, i) => {
    const own = { ...options, folder: join(options.folder, String(i + 1)) }
    return startNode(own, { id: i + 1, port: ports[i], controllerPort, voters, clusterId })
  })
  const started = await Promise.allSettled(starts)
  const brokers = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const failed = started.find((each) => each.status === 'rejected')
  if (failed === undefined) return brokers
  for (const broker of brokers) await broker.kill()
  throw failed.reason
}

async function startNode(options: KafkaOptions, node: Node): Promise<KafkaBroker> {
  const { folder } = options
  const { port } = node
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'server.properties')
  writeFileSync(file, properties(options, node))
  writeFileSync(join(folder, 'log4j2.properties'), LOGGING)
  if (!existsSync(join(folder, 'data'))) await format(file, node, options.scramUsers ?? [])
  let broker = await listen(folder, file, port)
  return {
    address: `127.0.0.1:${port}`,
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

async function format(file: string, node: Node, scramUsers: readonly string[]): Promise<void> {
  const tool = [...java(), 'kafka.tools.StorageTool']
  const users = scramUsers.map((user) => `--add-scram=${user}`)
  const alone = node.voters === '' ? ['--standalone'] : []
  const args = ['format', ...alone, `--cluster-id=${node.clusterId}`, ...users, '-c', file]
  try {
    await promisify(execFile)('java', [...tool, ...args])
  } catch (error) {
    throw new Error('cannot format the storage of kafka', { cause: error })
  }
}

function newId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64url')
}

function java(): string[] {
  return [...JAVA_FLAGS, '-cp', `${findComponent('kafka')?.path}/*`]
}

function properties(options: KafkaOptions, node: Node): string {
  const { folder, listeners = [] } = options
  const more = listeners.map((each) => `${each.name}://127.0.0.1:${each.port}`)
  const advertised = listeners.map(
    ({ name, port: own, advertisedPort }) => `${name}://127.0.0.1:${advertisedPort ?? own}`,
  )
  const protocols = listeners.map(({ name, protocol }) => `${name}:${protocol}`)
  const plain = `PLAINTEXT://127.0.0.1:${node.port}`
  const controller = `127.0.0.1:${node.controllerPort}`
  const isAlone = node.voters === ''
  const replicas = isAlone ? 1 : node.voters.split(',').length
  return [
    'process.roles=broker,controller',
    `node.id=${node.id}`,
    isAlone
      ? `controller.quorum.bootstrap.servers=${controller}`
      : `controller.quorum.voters=${node.voters}`,
    `listeners=${[plain, ...more, `CONTROLLER://${controller}`].join()}`,
    `advertised.listeners=${[plain, ...advertised].join()}`,
    'controller.listener.names=CONTROLLER',
    `listener.security.protocol.map=${['CONTROLLER:PLAINTEXT', 'PLAINTEXT:PLAINTEXT', ...protocols].join()}`,
    `log.dirs=${join(folder, 'data')}`,
    'num.partitions=4',
    'offsets.topic.num.partitions=4',
    `offsets.topic.replication.factor=${replicas}`,
    `default.replication.factor=${replicas}`,
    `min.insync.replicas=${Math.ceil((replicas + 1) / 2)}`,
    `transaction.state.log.replication.factor=${replicas}`,
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
