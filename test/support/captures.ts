/** Consecutive scrapes of a real exporter, which lie beside the checkout. */
import { readdirSync, readFileSync } from 'node:fs'

const FOLDER = new URL('../../../shared/harness/captures/', import.meta.url)

export interface Captures {
  /** The series as the exporter writes them; those that come and go are left out. */
  readonly keys: readonly string[]
  /** Their values in each scrape. */
  readonly rows: readonly Float64Array[]
}

export function readCaptures(): Captures {
  const bodies = readdirSync(FOLDER).sort().map(readBody)
  const keys = [...bodies[0].keys()].filter((key) => bodies.every((body) => body.has(key)))
  const rows = bodies.map((body) => Float64Array.from(keys, (key) => body.get(key) ?? NaN))
  return { keys, rows }
}

function readBody(file: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>()
  for (const line of readFileSync(new URL(file, FOLDER), 'utf8').split('\n')) {
    const space = line.lastIndexOf(' ')
    if (line === '' || line.startsWith('#')) continue
    values.set(line.slice(0, space), Number(line.slice(space).replace('Inf', 'Infinity')))
  }
  return values
}
