/** docs/clusters.md: its files and commands are run as they stand there, on other ports. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { ask } from '../support/answers.ts'
import { type CountingTarget, startCountingTarget } from '../support/countingtarget.ts'
import { startKafka } from '../support/kafka.ts'
import {
  freePort,
  isOk,
  missingComponents,
  ROOT,
  startComponent,
  startProcess,
  temporaryFolder,
  until,
} from '../support/processes.ts'

/** A block of the page that is marked: a file by its name, commands, or questions to be answered. */
interface Block {
  readonly kind: 'file' | 'run' | 'ask'
  readonly name: string
  readonly text: string
}

/** Marked blocks by the heading that they stand under. */
function readPage(): Map<string, Block[]> {
  const sections = new Map<string, Block[]>()
  const page = readFileSync(join(ROOT, 'docs/clusters.md'), 'utf8')
  for (const section of page.split(/^## /m).slice(1)) {
    const blocks = section.matchAll(/<!-- (file|run|ask) ?(\S*) -->\n```\w+\n([\s\S]*?)```/g)
    sections.set(
      section.slice(0, section.indexOf('\n')),
      [...blocks].map(([, kind, name, text]) => ({ kind: kind as Block['kind'], name, text })),
    )
  }
  return sections
}

const PAGE = readPage()

/** Ports of the page that a role takes when nothing is said. */
const PRESET: Readonly<Record<string, number>> = {
  up: 9390,
  server: 9390,
  agent: 9391,
  gateway: 9392,
  ingester: 9394,
}

/** Runs the blocks of a section in a folder of its own. */
class Section {
  readonly #t: TestContext
  readonly #folder = temporaryFolder('clusters')
  readonly #ports = new Map<string, number>()

  constructor(t: TestContext) {
    this.#t = t
    t.after(() => this.#folder.remove())
  }

  get path(): string {
    return this.#folder.path
  }

  /** Something else listens where the page has a port. */
  put(port: number, actual: number): void {
    this.#ports.set(String(port), actual)
  }

  async port(port: number): Promise<number> {
    const known = this.#ports.get(String(port)) ?? (await freePort())
    this.#ports.set(String(port), known)
    return known
  }

  async run(blocks: readonly Block[]): Promise<void> {
    for (const { kind, name, text } of blocks) {
      const here = await this.#moved(text)
      if (kind === 'file') writeFileSync(join(this.path, name), quick(here))
      else {
        for (const line of here.trim().split('\n')) {
          if (kind === 'ask') await this.#ask(line)
          else if (line.startsWith('bin/narthex ')) await this.#start(line.split(' ').slice(1))
          else await this.#shell(line)
        }
      }
    }
  }

  async #moved(text: string): Promise<string> {
    let moved = text
    for (const [found, port] of text.matchAll(/127\.0\.0\.1:(\d+)/g)) {
      const actual = await this.port(Number(port))
      moved = moved.replaceAll(new RegExp(`${found}\\b`, 'g'), `127.0.0.1:${actual}`)
    }
    return moved
  }

  async #shell(line: string): Promise<string> {
    const { stdout } = await promisify(execFile)('sh', ['-c', line], { cwd: this.path })
    return stdout
  }

  async #ask(line: string): Promise<void> {
    await until(line, async () => {
      // curl fails while nobody listens; an answer without a sample is none yet.
      const answer = await this.#shell(`${line} || true`)
      return /"value":|"isConnected":true/.test(answer)
    })
  }

  async #start([role, ...flags]: readonly string[]): Promise<void> {
    const preset = PRESET[role]
    const listens = flags.find((flag) => flag.startsWith('--web.listen-address='))
    const port = Number(listens?.split(':').at(-1) ?? (await this.port(preset)))
    const more = listens === undefined ? [`--web.listen-address=127.0.0.1:${port}`] : []
    if (role === 'gateway') {
      more.push(`--gateway.grpc-address=127.0.0.1:${await this.port(9393)}`)
    }
    const absolute = flags.map((flag) =>
      /^--(config\.file|web\.config\.file|storage\.path)=/.test(flag)
        ? flag.replace('=', `=${this.path}/`)
        : flag,
    )
    const started = startProcess(join(ROOT, 'bin/narthex'), [role, ...absolute, ...more])
    this.#t.after(() => started.kill())
    // Not all of them let everybody ask whether they are ready: they say it.
    await until(`narthex ${role} to listen`, () => {
      const output = started.output()
      if (/"level":"(error|fatal)"|cannot start/.test(output)) throw new Error(output)
      return output.includes('narthex is ready')
    })
  }
}

/** The same file with a scrape each second: a test has no quarter of a minute. */
function quick(text: string): string {
  return text
    .replaceAll('scrape_interval: 15s', 'scrape_interval: 1s, scrape_timeout: 1s')
    .replaceAll(/^( +)scrape_interval: 1s, /gm, '$1scrape_interval: 1s\n$1')
}

async function startTarget(t: TestContext, section: Section): Promise<CountingTarget> {
  const target = await startCountingTarget(5)
  t.after(() => target.close())
  section.put(9100, Number(target.address.split(':')[1]))
  return target
}

function blocksOf(title: string): readonly Block[] {
  const blocks = PAGE.get(title)
  assert.ok(blocks !== undefined && blocks.length > 0, `the page has a section ${title}`)
  return blocks
}

for (const title of ['One host', 'Agents and one store', 'A pair for each cluster']) {
  test(`the commands of "${title}" do what they say`, async (t) => {
    const section = new Section(t)
    await startTarget(t, section)
    await section.run(blocksOf(title))
    const store = `http://127.0.0.1:${await section.port(9390)}`
    if (title === 'One host') assert.ok(await isOk(`${store}/-/ready`))
    if (title !== 'A pair for each cluster') return
    const { data } = await ask(store, '/api/v1/query', {
      query: '{__name__=~"up|counting_scrape"}',
    })
    const names = ((data?.result ?? []) as { metric: Record<string, string> }[]).map(
      ({ metric }) => metric,
    )
    assert.deepEqual(names.map(({ __name__ }) => __name__).sort(), ['counting_scrape', 'up'])
    for (const each of names) assert.equal(each.__replica__, undefined, 'the pair is one')
  })
}

test('the commands of "Shards" share the targets of one file', async (t) => {
  const section = new Section(t)
  await startTarget(t, section)
  await section.run([...blocksOf('Agents and one store').slice(0, 2), ...blocksOf('Shards')])
  const counts: number[] = []
  for (const port of [9391, 9396]) {
    const url = `http://127.0.0.1:${await section.port(port)}/api/v1/targets`
    const { data } = (await (await fetch(url)).json()) as { data: { activeTargets: unknown[] } }
    counts.push(data.activeTargets.length)
  }
  assert.deepEqual(counts.toSorted(), [0, 1], 'one of them has the only target')
})

test('the commands of "Gateways, tokens and TLS" do what they say', {
  skip: missingComponents('openssl') ?? false,
}, async (t) => {
  const section = new Section(t)
  await startTarget(t, section)
  await section.run(blocksOf('Gateways, tokens and TLS'))
})

test('the commands of "Kafka in between" do what they say', {
  skip: missingComponents('java', 'kafka') ?? false,
}, async (t) => {
  const section = new Section(t)
  await startTarget(t, section)
  const broker = await startKafka({ folder: join(section.path, 'kafka') })
  t.after(() => broker.kill())
  section.put(9092, Number(broker.address.split(':')[1]))
  await section.run(blocksOf('Kafka in between'))
})

test('the commands of "An engine that you have already" do what they say', {
  skip: missingComponents('prometheus') ?? false,
}, async (t) => {
  const section = new Section(t)
  await startTarget(t, section)
  const config = join(section.path, 'prometheus.yml')
  writeFileSync(config, 'scrape_configs: []\n')
  const port = await section.port(9090)
  const flags = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(section.path, 'prometheus')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--web.enable-remote-write-receiver',
    '--log.level=error',
  ]
  const engine = await startComponent('prometheus', flags, port, '/-/ready')
  t.after(() => engine.kill())
  await section.run(blocksOf('An engine that you have already'))
})
