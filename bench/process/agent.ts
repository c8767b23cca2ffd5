/** The agent beside Debian's Prometheus (agent and server) and vmagent, all at once on the same targets. */
import { writeFileSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import {
  freePort,
  ROOT,
  startComponent,
  startProcess,
  startRole,
  type TestProcess,
  temporaryFolder,
  until,
} from '../../test/support/processes.ts'
import { HARNESS, megabytes, ratio, readUsage, type Table, type Usage, wait } from './rivals.ts'

/** One load, and how long it is warmed and measured. */
export interface Setting {
  readonly name: string
  readonly targets: number
  /** 0: the real bodies of the harness. */
  readonly series: number
  readonly churn: number
  readonly intervalSeconds: number
  readonly warmSeconds: number
  readonly measureSeconds: number
  /** Whether bodies come in gzip also to who asks for none. */
  readonly gzip: boolean
}

export const NODE = { series: 0, churn: 0, gzip: false } as const

const SHORT: readonly Setting[] = [1, 50, 200].map((targets) => ({
  ...NODE,
  name: `${targets} × 1009 at 5 s`,
  targets,
  intervalSeconds: 5,
  warmSeconds: 35,
  measureSeconds: 30,
}))

export const LONG_TIMES = { intervalSeconds: 15, warmSeconds: 60, measureSeconds: 90 } as const

const LONG: readonly Setting[] = [
  ...[1, 50, 200].map((targets) => {
    return { ...NODE, ...LONG_TIMES, name: `${targets} × 1009 at 15 s`, targets }
  }),
  { ...NODE, ...LONG_TIMES, name: '50 × 1009 at 15 s, gzip', targets: 50, gzip: true },
  { ...NODE, ...LONG_TIMES, name: '1000 × 100 at 15 s', targets: 1000, series: 100 },
  { ...NODE, ...LONG_TIMES, name: '1 × 50000 at 15 s', targets: 1, series: 50_000 },
]

const OURS = 'narthex'
const OURS_KEPT = 'narthex, pages kept'
const OURS_STREAM = 'narthex to gateway'
const RIVALS = ['Prometheus agent', 'Prometheus server', 'vmagent'] as const

/** What one process did in the measured time. */
interface Figures {
  readonly cpuNs: number
  readonly usage: Usage
  readonly bytes: number
  readonly late: readonly [p50: number, p99: number]
}

export function run(isLong: boolean): Promise<Table[]> {
  return runSettings(isLong ? LONG : SHORT)
}

/** Measures one after the other; a table for each. */
export async function runSettings(settings: readonly Setting[]): Promise<Table[]> {
  const tables: Table[] = []
  for (const setting of settings) tables.push(await runSetting(setting))
  return tables
}

async function runSetting(setting: Setting): Promise<Table> {
  const folder = temporaryFolder('agent')
  const stops: (() => unknown)[] = [() => folder.remove()]
  try {
    const targets = await startTargets(setting)
    stops.unshift(targets.stop)
    const sink = await startSink()
    stops.unshift(sink.stop)
    const deps = { folder: folder.path, setting, targets, sinkUrl: sink.url }
    const agents = new Map<string, TestProcess>()
    for (const name of [OURS, OURS_KEPT, OURS_STREAM, ...RIVALS]) {
      const agent = await startAgent(name, deps, stops)
      agents.set(name, agent)
      stops.unshift(() => agent.stop())
    }
    await wait(setting.warmSeconds)
    return tableOf(setting, await measure(setting, agents, targets, sink))
  } finally {
    for (const stop of stops) await stop()
  }
}

async function measure(
  setting: Setting,
  agents: ReadonlyMap<string, TestProcess>,
  targets: Targets,
  sink: Sink,
): Promise<Map<string, Figures>> {
  const cpuBefore = new Map([...agents].map(([name, { pid }]) => [name, readUsage(pid).cpuSeconds]))
  const wireBefore = await wireOf(sink)
  await targets.reset()
  await wait(setting.measureSeconds)
  const usages = new Map([...agents].map(([name, { pid }]) => [name, readUsage(pid)]))
  const gaps = await targets.gaps()
  const wireAfter = await wireOf(sink)
  const figures = new Map<string, Figures>()
  for (const [name, usage] of usages) {
    const { scrapes, gapsMs } = gaps[keyOf(name)] ?? { scrapes: 0, gapsMs: [] }
    const samples = scrapes * targets.samples
    const [before, after] = [wireBefore(name), wireAfter(name)]
    figures.set(name, {
      usage,
      cpuNs: ((usage.cpuSeconds - (cpuBefore.get(name) ?? 0)) * 1e9) / samples,
      bytes: (after.bytes - before.bytes) / (after.samples - before.samples || samples),
      late: lateness(gapsMs, setting.intervalSeconds * 1000),
    })
  }
  return figures
}

function tableOf(setting: Setting, figures: ReadonlyMap<string, Figures>): Table {
  const ours = figures.get(OURS)
  const rows = [...figures].map(([name, { cpuNs, usage, bytes, late }]) => [
    name,
    cpuNs.toFixed(0),
    ours === undefined ? '' : ratio(ours.cpuNs, cpuNs),
    megabytes(usage.rssBytes),
    ours === undefined ? '' : ratio(ours.usage.rssBytes, usage.rssBytes),
    megabytes(usage.anonymousBytes),
    megabytes(usage.virtualBytes),
    bytes.toFixed(bytes < 2 ? 2 : 1),
    late.map((each) => each.toFixed(1)).join(' / '),
  ])
  const gzip = setting.gzip
    ? 'All get gzip.'
    : 'Who asks for gzip gets it: all but narthex, which asks loopback for none.'
  const load = `Load of the machine at the end: ${loadavg()[0].toFixed(1)}.`
  return {
    title: `Agent: ${setting.name}`,
    how: `All at once, ${setting.measureSeconds} s after ${setting.warmSeconds} s of warming up. ${gzip} Ratios are narthex (remote write 1.0) to the row. ${load}`,
    head: [
      ...['', 'CPU ns a sample', 'ratio', 'RSS MB', 'ratio', 'private MB', 'virtual MB'],
      ...['bytes a sample', 'ms off the interval, p50 / p99'],
    ],
    rows,
  }
}

/** How far gaps between scrapes are from the interval. */
function lateness(gapsMs: readonly number[], intervalMs: number): [number, number] {
  const off = gapsMs.map((gap) => Math.abs(gap - intervalMs)).toSorted((a, b) => a - b)
  return [off[off.length >> 1] ?? 0, off[Math.floor(off.length * 0.99)] ?? 0]
}

/** What an agent is called in addresses. */
function keyOf(name: string): string {
  return name.replaceAll(/\W+/g, '-').toLowerCase()
}

interface Deps {
  readonly folder: string
  readonly setting: Setting
  readonly targets: Targets
  readonly sinkUrl: string
}

async function startAgent(
  name: string,
  deps: Deps,
  stops: (() => unknown)[],
): Promise<TestProcess> {
  const { folder, sinkUrl } = deps
  const writeUrl = `${sinkUrl}/${keyOf(name)}/write`
  const scrape = scrapeYaml(keyOf(name), deps)
  const file = join(folder, `${keyOf(name)}.yml`)
  const remoteWrite = `remote_write: [{url: '${writeUrl}'}]\n`
  const listen = `127.0.0.1:${await freePort()}`
  const port = Number(listen.split(':')[1])
  if (name === OURS || name === OURS_KEPT) {
    writeFileSync(file, scrape + remoteWrite)
    const more = name === OURS ? [] : ['--runtime.keep-pages']
    return await startRole('agent', [`--config.file=${file}`, '--log.level=warn', ...more])
  }
  if (name === OURS_STREAM) {
    const address = await startGateway(folder, `${sinkUrl}/gateway/write`, stops)
    writeFileSync(
      file,
      `${scrape}narthex: {destinations: [{name: gw, type: gateway, addresses: ['${address}']}]}\n`,
    )
    return await startRole('agent', [`--config.file=${file}`, '--log.level=warn'])
  }
  if (name === 'vmagent') {
    writeFileSync(file, scrape)
    const flags = [
      `-promscrape.config=${file}`,
      `-remoteWrite.url=${writeUrl}`,
      `-remoteWrite.tmpDataPath=${join(folder, 'vmagent')}`,
      `-httpListenAddr=${listen}`,
      '-loggerLevel=WARN',
    ]
    return await startComponent('vmagent', flags, port, '/health')
  }
  writeFileSync(file, scrape + remoteWrite)
  const storage = join(folder, keyOf(name))
  const mode =
    name === 'Prometheus agent'
      ? ['--enable-feature=agent', `--storage.agent.path=${storage}`]
      : [`--storage.tsdb.path=${storage}`]
  const flags = [`--config.file=${file}`, `--web.listen-address=${listen}`, '--log.level=warn']
  return await startComponent('prometheus', [...flags, ...mode], port, '/-/ready')
}

function scrapeYaml(from: string, { setting, targets }: Deps): string {
  const interval = `${setting.intervalSeconds}s`
  return [
    `global: {scrape_interval: ${interval}, scrape_timeout: ${interval}}`,
    'scrape_configs:',
    '  - job_name: node',
    `    params: {from: [${from}]}`,
    `    static_configs: [{targets: [${targets.addresses.map((each) => `'${each}'`).join(', ')}]}]`,
    '',
  ].join('\n')
}

/** A gateway that passes on to the sink, behind a relay that counts. @returns the relay's address */
async function startGateway(
  folder: string,
  sinkUrl: string,
  stops: (() => unknown)[],
): Promise<string> {
  const file = join(folder, 'gateway.yml')
  writeFileSync(file, `remote_write: [{url: '${sinkUrl}'}]\n`)
  const grpcPort = await freePort()
  const grpc = `--gateway.grpc-address=127.0.0.1:${grpcPort}`
  const gateway = await startRole('gateway', [`--config.file=${file}`, grpc, '--log.level=warn'])
  stops.unshift(() => gateway.stop())
  const relay = await startRelay(grpcPort)
  stops.unshift(() => relay.close())
  return `127.0.0.1:${(relay.address() as { port: number }).port}`
}

/** Bytes from agents to the gateway. */
let streamedBytes = 0

async function startRelay(port: number): Promise<Server> {
  const relay = createServer((agent) => {
    const gateway = connect(port, '127.0.0.1')
    agent.on('data', (chunk) => {
      streamedBytes += chunk.length
    })
    agent.pipe(gateway).pipe(agent)
    for (const socket of [agent, gateway]) {
      socket.on('error', () => void [agent.destroy(), gateway.destroy()])
    }
  })
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
  return relay
}

interface Targets {
  readonly addresses: readonly string[]
  /** Samples of a body. */
  readonly samples: number
  reset(): Promise<unknown>
  gaps(): Promise<Record<string, { scrapes: number; gapsMs: number[] }>>
  stop(): Promise<unknown>
}

async function startTargets(setting: Setting): Promise<Targets> {
  const [port, controlPort] = [await freePort(), await freePort()]
  const run = startProcess(process.execPath, [
    ...[join(ROOT, 'bench/agent/targets.ts'), '--harness', HARNESS],
    ...['--targets', String(setting.targets), '--series', String(setting.series)],
    ...['--churn', String(setting.churn), '--port', String(port)],
    ...['--control-port', String(controlPort), ...(setting.gzip ? ['--gzip'] : [])],
  ])
  await until('the targets', () => run.output().includes('}\n'), 120_000)
  const line =
    run
      .output()
      .split('\n')
      .find((each) => each.startsWith('{')) ?? '{}'
  const { addresses, samples } = JSON.parse(line) as { addresses: string[]; samples: number }
  const ask = async (path: string) =>
    await (await fetch(`http://127.0.0.1:${controlPort}${path}`)).json()
  return {
    addresses: addresses.map((address) => `${address}:${port}`),
    samples,
    reset: () => ask('/reset'),
    gaps: async () => (await ask('/')) as Record<string, { scrapes: number; gapsMs: number[] }>,
    stop: () => run.stop(),
  }
}

interface Sink {
  readonly url: string
  stop(): Promise<unknown>
}

async function startSink(): Promise<Sink> {
  const port = await freePort()
  const run = startProcess(process.execPath, [join(HARNESS, 'sink.js'), '--port', String(port)])
  await until('the sink', () => run.output().includes('ready'))
  return { url: `http://127.0.0.1:${port}`, stop: () => run.stop() }
}

/** What has come to the sink, or the gateway, by the agent's name. */
async function wireOf(sink: Sink): Promise<(name: string) => { bytes: number; samples: number }> {
  const reply = await fetch(`${sink.url}/stats`)
  const { by } = (await reply.json()) as { by: Record<string, { bytes: number; samples: number }> }
  const streamed = { bytes: streamedBytes, samples: by.gateway?.samples ?? 0 }
  const none = { bytes: 0, samples: 0 }
  return (name) => (name === OURS_STREAM ? streamed : (by[keyOf(name)] ?? none))
}
