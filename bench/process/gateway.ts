/** What passing on costs: gateways by remote write and by stream, beside a Prometheus that forwards. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  freePort,
  isOk,
  startComponent,
  startProcess,
  startRole,
  type TestProcess,
  temporaryFolder,
  until,
} from '../../test/support/processes.ts'
import {
  HARNESS,
  megabytes,
  ratio,
  readUsage,
  scrapeConfig,
  startTargets,
  type Table,
  type Usage,
  wait,
} from './rivals.ts'

const TARGETS = 50
const STEP_SECONDS = 3
const WARM_SECONDS = 20
const MEASURE_SECONDS = 60

/** One way from senders to the sink. */
interface Path {
  readonly title: string
  /** First part of the path at the sink: its samples are counted by it. */
  readonly name: string
  readonly server: TestProcess
}

/** What the sink counted of one path. */
interface Counted {
  readonly samples: number
  readonly bytes: number
}

type Child = Omit<TestProcess, 'url'>

export async function run(): Promise<Table> {
  const folder = temporaryFolder('bench')
  const children: Child[] = []
  const own = <T extends Child>(child: T): T => {
    children.push(child)
    return child
  }
  try {
    const sink = await startSink(own)
    const config = (name: string): string => {
      const file = join(folder.path, `${name}.yml`)
      writeFileSync(file, `remote_write: [{name: sink, url: '${sink}/${name}/write'}]\n`)
      return file
    }
    const pushed = own(await startGateway(config('pushed'), await freePort()))
    const streamPort = await freePort()
    const streamed = own(await startGateway(config('streamed'), streamPort))
    const rival = own(await startForwarder(folder.path, `${sink}/rival/write`))

    const sd = join(folder.path, 'sd.json')
    const targets = await startTargets(TARGETS, sd)
    try {
      own(await startAgent(folder.path, sd, streamPort))
      own(await startSender(folder.path, sd, [pushed.url, rival.url]))
      const paths: readonly Path[] = [
        { title: 'gateway, remote write in', name: 'pushed', server: pushed },
        { title: 'gateway, stream in', name: 'streamed', server: streamed },
        { title: 'Prometheus, remote write in', name: 'rival', server: rival },
      ]
      return await measure(paths, sink)
    } finally {
      await targets.stop()
    }
  } finally {
    await Promise.all(children.map((child) => child.stop()))
    folder.remove()
  }
}

async function measure(paths: readonly Path[], sink: string): Promise<Table> {
  await until('samples on every path', async () => {
    const counted = await countedAt(sink)
    return paths.every(({ name }) => (counted[name]?.samples ?? 0) > 0)
  })
  await wait(WARM_SECONDS)
  const [before, usedBefore] = [await countedAt(sink), usages(paths)]
  await wait(MEASURE_SECONDS)
  const [after, used] = [await countedAt(sink), usages(paths)]
  const nsPerSample = paths.map(({ name }, i) => {
    const seconds = used[i].cpuSeconds - usedBefore[i].cpuSeconds
    return (seconds * 1e9) / (after[name].samples - before[name].samples)
  })
  const rivalNs = nsPerSample[paths.length - 1]
  return {
    title: 'Passing on',
    how: `Each takes ${TARGETS} targets of about 1,009 series every ${STEP_SECONDS} s and writes them by remote write 1.0 to the same sink, at the same time; remote write comes from one Prometheus that scrapes them. CPU of the whole process for each sample that arrived in ${MEASURE_SECONDS} s, memory at the end, bytes of the bodies sent.`,
    head: ['', 'CPU ns a sample', 'ratio', 'RSS MB', 'virtual MB', 'bytes a sample'],
    rows: paths.map(({ title, name }, i) => {
      const samples = after[name].samples - before[name].samples
      return [
        title,
        nsPerSample[i].toFixed(0),
        ratio(nsPerSample[i], rivalNs),
        megabytes(used[i].rssBytes),
        megabytes(used[i].virtualBytes),
        ((after[name].bytes - before[name].bytes) / samples).toFixed(2),
      ]
    }),
  }
}

function usages(paths: readonly Path[]): Usage[] {
  return paths.map(({ server }) => readUsage(server.pid))
}

async function countedAt(sink: string): Promise<Record<string, Counted>> {
  const reply = await fetch(`${sink}/stats`)
  const { by } = (await reply.json()) as { by: Record<string, Counted> }
  return by
}

async function startSink(own: (child: Child) => Child): Promise<string> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  own(startProcess(process.execPath, [join(HARNESS, 'sink.js'), '--port', String(port)]))
  await until('the sink', () => isOk(`${url}/stats`))
  return url
}

async function startGateway(config: string, grpcPort: number): Promise<TestProcess> {
  return await startRole('gateway', [
    `--config.file=${config}`,
    `--gateway.grpc-address=127.0.0.1:${grpcPort}`,
    '--log.level=warn',
  ])
}

/** Scrapes the targets for the gateway that takes streams. */
async function startAgent(folder: string, sd: string, grpcPort: number): Promise<TestProcess> {
  const file = join(folder, 'agent.yml')
  const destination = `{name: gateway, type: gateway, addresses: ['127.0.0.1:${grpcPort}']}`
  const passing = `narthex: {host: {mode: 'off'}, destinations: [${destination}]}`
  writeFileSync(file, `${scrapeConfig(sd, `${STEP_SECONDS}s`)}\n${passing}\n`)
  return await startRole('agent', [`--config.file=${file}`, '--log.level=warn'])
}

/** Debian's Prometheus that scrapes the targets and writes to all of these. */
async function startSender(
  folder: string,
  sd: string,
  urls: readonly string[],
): Promise<TestProcess> {
  const writes = urls.map((url, i) => `{name: to${i}, url: '${url}/api/v1/write'}`)
  const config = `${scrapeConfig(sd, `${STEP_SECONDS}s`)}\nremote_write: [${writes.join(', ')}]\n`
  return await startPrometheus(folder, 'sender', config)
}

/** Debian's Prometheus that receives and forwards. */
async function startForwarder(folder: string, url: string): Promise<TestProcess> {
  const config = `remote_write: [{name: sink, url: '${url}'}]\n`
  return await startPrometheus(folder, 'forwarder', config, ['--web.enable-remote-write-receiver'])
}

async function startPrometheus(
  folder: string,
  name: string,
  config: string,
  flags: readonly string[] = [],
): Promise<TestProcess> {
  const file = join(folder, `${name}.yml`)
  writeFileSync(file, config)
  const port = await freePort()
  const args = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, name)}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=warn',
    ...flags,
  ]
  return await startComponent('prometheus', args, port, '/-/ready')
}
