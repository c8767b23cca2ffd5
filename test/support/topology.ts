/** A topology of real processes whose hops are killed and come back while samples flow through. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type CountingTarget, startCountingTarget } from './countingtarget.ts'
import { type KafkaBroker, startKafka } from './kafka.ts'
import { type KeptEnd, newestScrape, readKept, readStale } from './kept.ts'
import { freePort, startRole, type TestProcess, temporaryFolder, until } from './processes.ts'
import { startWriteTap, type WriteTap } from './writetap.ts'

/** One process on the way, known by its place: it comes back on the same port and data. */
export interface Hop {
  readonly name: string
  /** SIGKILL, then waits. */
  kill(): Promise<void>
  /** Waits until it is ready. */
  start(): Promise<void>
  output(): string
}

/** A hop that answers for itself. */
export interface RoleHop extends Hop {
  readonly url: string
}

/** A target, and the ends at which its samples are kept. */
export interface Route {
  readonly target: CountingTarget
  readonly ends: readonly KeptEnd[]
  /** Agents that scrape it; one of them may be listened to at a time. */
  readonly agents: readonly RoleHop[]
}

/** What a round of kills came to. */
export interface Outcome {
  readonly kills: number
  /** Samples that were looked at, at all ends. */
  readonly samples: number
  readonly lost: number
  readonly duplicates: number
  readonly disordered: number
  readonly wrong: readonly string[]
  /** Longest time without a sample at an end, in ms. */
  readonly gapMsMax: number
}

/** What a round does. */
export interface Round {
  readonly hops: readonly Hop[]
  /** How often each hop is killed. */
  readonly kills: number
  readonly random: () => number
  /** Longest time that a hop runs before it is killed, in ms. */
  readonly runningMsMax: number
  /** Longest time that a hop is away, in ms. */
  readonly awayMsMax: number
}

/** How long what waited may take to arrive after the last hop came back, in ms. */
const CATCH_UP_MS_MAX = 90_000

/** Agents wait this long at most before they try again: a test has no hour. */
const QUEUE = 'queue_config: {max_backoff: 1s, batch_send_deadline: 500ms}'

/** Puts processes together and keeps them; `stop` ends what was begun. */
export class Topology {
  readonly hops: Hop[] = []
  readonly routes: Route[] = []
  readonly taps: WriteTap[] = []
  readonly #folder = temporaryFolder('topology')
  readonly #endings: (() => Promise<unknown> | unknown)[] = []

  /** A file in the folder of the topology. */
  file(name: string, text: string): string {
    const path = join(this.#folder.path, name)
    writeFileSync(path, text)
    return path
  }

  /** A role with a configuration; `narthex server` keeps its data when it comes back. */
  async role(
    name: string,
    role: string,
    config: string,
    flags: readonly string[] = [],
  ): Promise<RoleHop> {
    const port = await freePort()
    const file = this.file(`${name}.yml`, config)
    const start = (): Promise<TestProcess> =>
      startRole(role, [`--config.file=${file}`, '--log.level=warn', ...flags], port)
    let running = await start()
    this.#endings.push(() => running.kill())
    const hop = {
      name,
      url: running.url,
      kill: () => running.kill(),
      output: () => running.output(),
      async start() {
        running = await start()
      },
    }
    this.hops.push(hop)
    return hop
  }

  /** A store, and the address to write to, behind which it counts. */
  async store(
    name: string,
    config = 'scrape_configs: []\n',
  ): Promise<{ url: string; tap: WriteTap }> {
    const path = join(this.#folder.path, name)
    const { url } = await this.role(name, 'server', config, [`--storage.path=${path}`])
    const tap = await startWriteTap(url)
    this.taps.push(tap)
    this.#endings.push(() => tap.close())
    return { url, tap }
  }

  /** A gateway that writes to all of `urls`. @returns where remote write and where agents go */
  async gateway(
    name: string,
    destinations: string,
    section = '',
  ): Promise<{ url: string; address: string }> {
    const address = `127.0.0.1:${await freePort()}`
    const flags = [`--gateway.grpc-address=${address}`]
    const { url } = await this.role(name, 'gateway', `${destinations}${section}`, flags)
    return { url, address }
  }

  /** An agent that scrapes `target` each second. */
  async agent(
    name: string,
    target: CountingTarget,
    externalLabels: string,
    destinations: string,
  ): Promise<RoleHop> {
    return await this.role(
      name,
      'agent',
      `global: {scrape_interval: 1s, scrape_timeout: 1s, external_labels: {${externalLabels}}}
scrape_configs: [{job_name: counting, static_configs: [{targets: ['${target.address}']}]}]
${destinations}`,
    )
  }

  async target(seriesCount: number): Promise<CountingTarget> {
    const target = await startCountingTarget(seriesCount)
    this.#endings.push(() => target.close())
    return target
  }

  /** A broker of Kafka. */
  async broker(): Promise<KafkaBroker> {
    const folder = join(this.#folder.path, 'kafka')
    const properties = ['group.min.session.timeout.ms=1000']
    const broker = await startKafka({ folder, properties })
    this.#endings.push(() => broker.kill())
    this.hops.push({
      name: 'broker',
      kill: () => broker.kill(),
      start: () => broker.restart(),
      output: () => broker.output(),
    })
    return broker
  }

  hop(name: string): Hop {
    const found = this.hops.find((each) => each.name === name)
    if (found === undefined) throw new Error(`no hop ${name}`)
    return found
  }

  /** What processes had to say. */
  output(): string {
    return this.hops.map((hop) => `--- ${hop.name}\n${hop.output().slice(-2000)}`).join('\n')
  }

  async stop(): Promise<void> {
    for (const end of this.#endings.toReversed()) await end()
    this.#folder.remove()
  }
}

/** `remote_write` to each of `urls`. */
export function remoteWrite(...urls: string[]): string {
  return `remote_write:\n${urls.map((url, i) => `  - {name: store-${i}, url: '${url}', ${QUEUE}}\n`).join('')}`
}

/** An entry of `narthex.destinations`. */
export function destination(entry: string): string {
  return `narthex: {destinations: [{name: next, ${entry}, ${QUEUE}}]}\n`
}

/** What a destination of a role counts. */
export interface SendingCounts {
  readonly received: number
  readonly written: number
  readonly queued: number
  readonly dropped: Readonly<Record<string, number>>
}

/** The counts of all destinations of a role. */
export async function readCounts({ url }: RoleHop): Promise<readonly SendingCounts[]> {
  const reply = await fetch(`${url}/api/v1/status/destinations`)
  return ((await reply.json()) as { data: { destinations: SendingCounts[] } }).data.destinations
}

/** Waits until every end has the newest scrape of now. */
export async function settle(topology: Topology): Promise<void> {
  for (const { target, ends } of topology.routes) {
    const wanted = target.log.length
    for (const end of ends) {
      const what = `scrape ${wanted} of ${target.address} at ${end.storeUrl}`
      await until(what, async () => (await newestScrape(end, target)) >= wanted, CATCH_UP_MS_MAX)
    }
  }
}

/** Kills each hop under load, lets all arrive that is on its way, and compares both sides. */
export async function killHops(topology: Topology, round: Round): Promise<Outcome> {
  const { hops, kills, random } = round
  const firsts = topology.routes.map(({ target }) => target.log.length)
  const sum = (of: (tap: WriteTap) => number): number =>
    topology.taps.reduce((all, tap) => all + of(tap), 0)
  const before = [sum((tap) => tap.duplicates), sum((tap) => tap.disordered)]
  for (let i = 0; i < kills; i++) {
    for (const hop of shuffled(hops, random)) {
      await delay(1000 + random() * (round.runningMsMax - 1000))
      await hop.kill()
      await delay(random() * round.awayMsMax)
      await hop.start()
    }
  }
  await settle(topology)
  const outcome = await compare(topology, firsts, hops)
  return {
    ...outcome,
    kills: kills * hops.length,
    duplicates: sum((tap) => tap.duplicates) - before[0],
    disordered: sum((tap) => tap.disordered) - before[1],
  }
}

async function compare(
  topology: Topology,
  firsts: readonly number[],
  killed: readonly Hop[],
): Promise<Omit<Outcome, 'kills' | 'duplicates' | 'disordered'>> {
  const all = { samples: 0, lost: 0, gapMsMax: 0 }
  const wrong: string[] = []
  for (const [i, { target, ends, agents }] of topology.routes.entries()) {
    const isPair = agents.length > 1
    const wasKilled = agents.some((agent) => killed.includes(agent))
    for (const end of ends) {
      const last = await newestScrape(end, target)
      const kept = await readKept(end, target, firsts[i], last)
      const inside = [...kept.times].filter(([number]) => number >= firsts[i] && number <= last)
      all.samples += kept.samples
      // Of a pair each scrape is kept of one: what counts there is that no second is without samples.
      if (!isPair) all.lost += kept.lost
      else all.lost += missingSeconds(inside) * target.log[last].size
      all.gapMsMax = Math.max(all.gapMsMax, longestGapMs(inside))
      wrong.push(...kept.wrong)
      if (wasKilled || isPair) continue
      for (const [number, timeMs] of spread(inside, 5)) {
        wrong.push(...(await readStale(end, target, number, timeMs)))
      }
    }
  }
  return { ...all, wrong }
}

/** Times are in order of their scrapes. */
function longestGapMs(times: readonly (readonly [number, number])[]): number {
  let longest = 0
  for (let i = 1; i < times.length; i++) longest = Math.max(longest, times[i][1] - times[i - 1][1])
  return longest
}

function missingSeconds(times: readonly (readonly [number, number])[]): number {
  let missing = 0
  for (let i = 1; i < times.length; i++) {
    missing += Math.max(0, Math.floor((times[i][1] - times[i - 1][1]) / 1000) - 1)
  }
  return missing
}

function spread<T>(items: readonly T[], count: number): readonly T[] {
  const step = Math.max(1, Math.floor(items.length / count))
  return items.filter((_, i) => i % step === 0)
}

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => [random(), item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item)
}
