/** Targets of any size and churn in one process: real bodies or made ones, and when each was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'

/** Bodies that follow one another, for all targets of one kind. */
interface Trajectory {
  text(): string
  next(): void
}

/** Bodies of different targets differ; more than these repeat. */
const VARIANTS_MAX = 10

/** Of the made series, one of these changes from body to body. */
const CHANGING_EVERY = 4

/** Series of a family of the made bodies. */
const FAMILY_SERIES = 25

/** Gaps between scrapes that are kept, all askers together. */
const GAPS_MAX = 1_000_000

const { values: options } = parseArgs({
  options: {
    harness: { type: 'string', default: '' },
    targets: { type: 'string', default: '1' },
    /** 0: the real bodies of the harness. */
    series: { type: 'string', default: '0' },
    /** Share of the made series that are new in each body. */
    churn: { type: 'string', default: '0' },
    phases: { type: 'string', default: '24' },
    port: { type: 'string', default: '0' },
    'control-port': { type: 'string', default: '0' },
    /** Answers in gzip whatever is asked for, so that all askers do the same work. */
    gzip: { type: 'boolean', default: false },
  },
})

const targetsCount = Number(options.targets)
const phasesCount = Number(options.phases)

/** Bodies as they come from the network, of one variant and phase. */
interface Encoded {
  readonly plain: Buffer
  readonly packed: Buffer
}

/** Scrapes of one asker. */
class Asker {
  readonly phases: Uint32Array = new Uint32Array(targetsCount)
  readonly lastMs: Float64Array = new Float64Array(targetsCount)
  gapsMs: number[] = []
  scrapes = 0

  note(target: number): number {
    const nowMs = performance.now()
    if (this.lastMs[target] > 0 && this.gapsMs.length < GAPS_MAX) {
      this.gapsMs.push(nowMs - this.lastMs[target])
    }
    this.lastMs[target] = nowMs
    this.scrapes++
    return this.phases[target]++
  }

  /** Forgets what was counted, not where each target stands. */
  reset(): void {
    this.gapsMs = []
    this.scrapes = 0
  }
}

/** As a target that is neither like others nor like itself a moment ago. */
class MadeTrajectory implements Trajectory {
  readonly #values: Float64Array
  readonly #generations: Uint32Array
  readonly #churned: number
  #phase = 0

  constructor(seriesCount: number, churn: number, variant: number) {
    this.#values = Float64Array.from({ length: seriesCount }, (_, i) => i * 7 + variant)
    this.#generations = new Uint32Array(seriesCount)
    this.#churned = Math.round(seriesCount * churn)
  }

  text(): string {
    const lines: string[] = []
    for (const [i, value] of this.#values.entries()) {
      const family = Math.floor(i / FAMILY_SERIES)
      if (i % FAMILY_SERIES === 0) lines.push(`# TYPE bench_family_${family}_total counter`)
      const generation = this.#generations[i]
      lines.push(`bench_family_${family}_total{slot="${i}",generation="${generation}"} ${value}`)
    }
    return `${lines.join('\n')}\n`
  }

  next(): void {
    this.#phase++
    const count = this.#values.length
    for (let i = this.#phase % CHANGING_EVERY; i < count; i += CHANGING_EVERY) {
      this.#values[i] += 1 + (i % 13)
    }
    for (let i = 0; i < this.#churned; i++) {
      this.#generations[(this.#phase * this.#churned + i) % count]++
    }
  }
}

async function openTrajectories(): Promise<(variant: number) => Trajectory> {
  const seriesCount = Number(options.series)
  if (seriesCount > 0) {
    return (variant) => new MadeTrajectory(seriesCount, Number(options.churn), variant)
  }
  const library = (await import(join(options.harness, 'lib/expo.js'))) as {
    loadModel(folder: string): object
    Trajectory: new (model: object, seed: number) => Trajectory
  }
  const model = library.loadModel(join(options.harness, 'captures'))
  return (variant) => new library.Trajectory(model, variant + 1)
}

function encodeAll(trajectory: Trajectory): Encoded[] {
  return Array.from({ length: phasesCount }, () => {
    const plain = Buffer.from(trajectory.text())
    trajectory.next()
    return { plain, packed: gzipSync(plain) }
  })
}

const open = await openTrajectories()
const variantsCount = Math.min(targetsCount, VARIANTS_MAX)
const bodies = Array.from({ length: variantsCount }, (_, variant) => encodeAll(open(variant)))
const askers = new Map<string, Asker>()

function answer(target: number, ask: IncomingMessage, reply: ServerResponse): void {
  const name = /[?&]from=([^&]+)/.exec(ask.url ?? '')?.[1] ?? ''
  let asker = askers.get(name)
  if (asker === undefined) {
    asker = new Asker()
    askers.set(name, asker)
  }
  const phase = asker.note(target)
  const { plain, packed } = bodies[target % variantsCount][phase % phasesCount]
  const isPacked = options.gzip || /\bgzip\b/.test(String(ask.headers['accept-encoding'] ?? ''))
  const body = isPacked ? packed : plain
  reply.writeHead(200, {
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    'content-length': body.length,
    ...(isPacked ? { 'content-encoding': 'gzip' } : {}),
  })
  reply.end(body)
}

/** Targets have addresses of their own, as in life; the port is the same. */
function addressOf(target: number): string {
  return `127.1.${Math.floor(target / 250)}.${1 + (target % 250)}`
}

function control(ask: IncomingMessage, reply: ServerResponse): void {
  if (ask.url === '/reset') for (const asker of askers.values()) asker.reset()
  const seen = [...askers].map(([name, { scrapes, gapsMs }]) => [name, { scrapes, gapsMs }])
  reply.end(JSON.stringify(Object.fromEntries(seen)))
}

for (let target = 0; target < targetsCount; target++) {
  const server = createServer((ask, reply) => answer(target, ask, reply))
  server.keepAliveTimeout = 120_000
  server.listen(Number(options.port), addressOf(target))
}
createServer(control).listen(Number(options['control-port']), '127.0.0.1', () => {
  const addresses = Array.from({ length: targetsCount }, (_, i) => addressOf(i))
  const samples = bodies[0][0].plain.toString().match(/^[^#\n]/gm)?.length ?? 0
  console.log(JSON.stringify({ addresses, samples }))
})
