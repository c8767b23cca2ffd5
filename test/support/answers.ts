/** Asks a Prometheus-compatible server and compares what two servers answer. */

/** Difference that other orders of float additions may make, relative above 1. */
const TOLERANCE = 1e-9

interface Envelope {
  readonly status: string
  readonly error?: string
  readonly data?: { readonly resultType: string; readonly result: unknown }
}

/** A result in a comparable shape: series key to points, or the word that it failed. */
export type Comparable = ReadonlyMap<string, readonly (readonly [number, number])[]> | 'error'

/** Asks GET `path` with parameters. */
export async function ask(
  url: string,
  path: string,
  parameters: Readonly<Record<string, string>>,
): Promise<Envelope> {
  const reply = await fetch(`${url}${path}?${new URLSearchParams(parameters)}`)
  return (await reply.json()) as Envelope
}

/** Brings an answer into the comparable shape. */
export function toComparable(envelope: Envelope): Comparable {
  if (envelope.status !== 'success' || envelope.data === undefined) return 'error'
  const { resultType, result } = envelope.data
  const series = new Map<string, (readonly [number, number])[]>()
  if (resultType === 'scalar' || resultType === 'string') {
    const [time, value] = result as [number, string]
    return series.set('', [[time, Number(value)]])
  }
  for (const each of result as {
    metric: Record<string, string>
    value?: [number, string]
    values?: [number, string][]
  }[]) {
    const key = JSON.stringify(Object.entries(each.metric).sort())
    const points = each.values ?? (each.value === undefined ? [] : [each.value])
    series.set(
      key,
      points.map(([time, value]) => [time, toNumber(value)]),
    )
  }
  return series
}

/** The first difference of two answers; undefined when they agree. */
export function firstDifference(ours: Comparable, theirs: Comparable): string | undefined {
  if (ours === 'error' || theirs === 'error') {
    return ours === theirs ? undefined : `one is an error: ours ${String(ours === 'error')}`
  }
  for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
    const [mine, reference] = [ours.get(key), theirs.get(key)]
    if (mine === undefined) return `we miss ${key}`
    if (reference === undefined) return `we have ${key} too much`
    if (mine.length !== reference.length) {
      return `${key} has ${mine.length} points, wanted ${reference.length}`
    }
    for (let i = 0; i < mine.length; i++) {
      if (mine[i][0] !== reference[i][0] || !isClose(mine[i][1], reference[i][1])) {
        return `${key} is ${mine[i].join(' ')}, wanted ${reference[i].join(' ')}`
      }
    }
  }
  return undefined
}

function isClose(a: number, b: number): boolean {
  if (Object.is(a, b) || a === b) return true
  return Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b), 1)
}

function toNumber(text: string): number {
  if (text === '+Inf') return Infinity
  return text === '-Inf' ? -Infinity : Number(text)
}
