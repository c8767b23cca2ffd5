/** Runs the benchmarks of whole processes and writes bench/RESULTS.md; some measure more with --long. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Table } from '../bench/process/rivals.ts'
import { provideComponents } from './components.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const results = join(root, 'bench/RESULTS.md')

/** Name to the module that measures; each writes its own section. */
const SCENARIOS = [
  'agent',
  'churn',
  'gateway',
  'idle',
  'ingest',
  'query',
  'scrape',
  'topologies',
] as const

async function main(words: readonly string[]): Promise<void> {
  const isLong = words.includes('--long')
  const names = words.filter((word) => word !== '--long')
  const chosen = SCENARIOS.filter((name) => names.length === 0 || names.includes(name))
  for (const [name, reason] of provideComponents(console.log)) {
    console.log(`without ${name}: ${reason}`)
  }
  const bundled = spawnSync(process.execPath, [join(root, 'tools/bundle.ts')], { stdio: 'inherit' })
  if (bundled.status !== 0) throw new Error('cannot run benchmarks: bundling failed')

  for (const name of chosen) {
    console.log(`measuring ${name} ...`)
    const module = (await import(`../bench/process/${name}.ts`)) as {
      run(isLong: boolean): Promise<Table | readonly Table[]>
    }
    const tables = [await module.run(isLong)].flat()
    const text = tables.map(formatTable).join('\n')
    console.log(text)
    writeSection(name, `${text}\n${machineLine()}\n`)
  }
}

/** Replaces the section of one scenario, or adds it at the end. */
function writeSection(name: string, text: string): void {
  const old = existsSync(results)
    ? readFileSync(results, 'utf8')
    : '# Results\n\nWritten by `npm run bench`; each figure is taken in one run with the rival beside it.\nA ratio below 1 means that narthex needs less.\n'
  const [from, to] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->\n`]
  const section = `${from}${text}${to}`
  const at = old.indexOf(from)
  const next =
    at < 0
      ? `${old}\n${section}`
      : old.slice(0, at) + section + old.slice(old.indexOf(to) + to.length)
  writeFileSync(results, next)
}

function formatTable(table: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = `|${table.head.map(() => ' --- |').join('')}`
  const rows = table.rows.map(line)
  return [`## ${table.title}`, '', table.how, '', line(table.head), rule, ...rows, ''].join('\n')
}

function machineLine(): string {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  const model = cpus().at(0)?.model ?? 'unknown processor'
  const rival = spawnSync('prometheus', ['--version'], { encoding: 'utf8' })
  const version = /version (\S+)/.exec(`${rival.stdout}${rival.stderr}`)?.[1] ?? 'unknown'
  return `${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} cores of ${model}, ${memory}, Linux ${release()}, Node.js ${process.version}, Prometheus ${version}.`
}

await main(process.argv.slice(2))
