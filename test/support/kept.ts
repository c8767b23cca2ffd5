/** Compares what a store answers with what a counting target said, value by value. */
import { type CountingTarget, SCRAPE_NUMBER } from './countingtarget.ts'

/** Where the series of a target are kept. */
export interface KeptEnd {
  readonly storeUrl: string
  /** Matchers besides the instance: `cluster="a"`. */
  readonly matchers: string
}

/** What was found of the scrapes that were looked at. */
export interface Kept {
  /** Scrapes that are there whole. */
  readonly scrapes: number
  /** Samples that are there as they were said. */
  readonly samples: number
  /** Samples that were said and are not there. */
  readonly lost: number
  /** What should not be there: other values, other times, other orders. */
  readonly wrong: readonly string[]
  /** Time of each scrape that is there, by its number. */
  readonly times: ReadonlyMap<number, number>
}

/** Values by time of one series. */
type Values = ReadonlyMap<number, number>

/** How far back the ends are read. */
const RANGE = '2h'

/** Raw samples by the name that the target gave the series. */
async function readSeries(
  end: KeptEnd,
  name: string,
  instance: string,
): Promise<Map<string, Values>> {
  const selector = `{__name__=~"${name}",instance="${instance}",${end.matchers}}`
  const result = await ask(end, { query: `${selector}[${RANGE}]` })
  const found = new Map<string, Values>()
  for (const { metric, values } of result) {
    const key = nameOf(metric)
    if (found.has(key)) throw new Error(`${key} of ${instance} is two series at ${end.storeUrl}`)
    found.set(
      key,
      new Map((values ?? []).map(([at, value]) => [Math.round(at * 1000), Number(value)])),
    )
  }
  return found
}

function nameOf({ __name__ = '', index }: Readonly<Record<string, string>>): string {
  return index === undefined ? __name__ : `${__name__}{index="${index}"}`
}

interface AnsweredSeries {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: readonly [number, string]
  readonly values?: readonly (readonly [number, string])[]
}

async function ask(
  { storeUrl }: KeptEnd,
  parameters: Readonly<Record<string, string>>,
): Promise<readonly AnsweredSeries[]> {
  const reply = await fetch(`${storeUrl}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams(parameters),
  })
  const answer = (await reply.json()) as {
    status: string
    error?: string
    data: { result: AnsweredSeries[] }
  }
  if (answer.status !== 'success') throw new Error(`cannot read ${storeUrl}: ${answer.error}`)
  return answer.data.result
}

/** The newest scrape of a target that is kept; 0 for none. */
export async function newestScrape(end: KeptEnd, target: CountingTarget): Promise<number> {
  const numbers = (await readSeries(end, SCRAPE_NUMBER, target.address)).get(SCRAPE_NUMBER)
  return Math.max(0, ...(numbers?.values() ?? []))
}

/**
 * Compares scrapes `from` to `to`, both included.
 *
 * A scrape that the agent gave up (`up` is 0) was not delivered by anyone and does not count as lost.
 */
export async function readKept(
  end: KeptEnd,
  target: CountingTarget,
  from: number,
  to: number,
): Promise<Kept> {
  const series = await readSeries(end, 'counting_.+', target.address)
  const numbers = series.get(SCRAPE_NUMBER) ?? new Map<number, number>()
  const times = new Map<number, number>()
  const wrong: string[] = []
  for (const [timeMs, number] of numbers) {
    if (times.has(number)) wrong.push(`scrape ${number} is there twice`)
    if (number < Math.max(0, ...[...times.keys()].slice(-1))) wrong.push(`scrape ${number} is late`)
    times.set(number, timeMs)
  }
  const found = { scrapes: 0, samples: 0, lost: 0 }
  let failed = await failedScrapes(end, target, times, from, to)
  for (let number = from; number <= to; number++) {
    const said = target.log[number]
    const timeMs = times.get(number)
    if (timeMs === undefined) {
      if (failed-- <= 0) found.lost += said.size
      continue
    }
    let missing = 0
    for (const [name, value] of said) {
      const kept = series.get(name)?.get(timeMs)
      if (kept === undefined) missing++
      else if (kept !== value) wrong.push(`${name} is ${kept} in scrape ${number}, not ${value}`)
    }
    found.lost += missing
    found.samples += said.size - missing
    if (missing === 0) found.scrapes++
  }
  for (const [name, values] of series) {
    for (const timeMs of values.keys()) {
      const number = numbers.get(timeMs)
      if (number === undefined) wrong.push(`${name} has a sample at ${timeMs}, when nobody asked`)
      else if (!target.log[number].has(name)) wrong.push(`${name} was not said in scrape ${number}`)
    }
  }
  return { ...found, wrong, times }
}

/** Scrapes between two that failed at the agent: it took too long for the answer of the target. */
async function failedScrapes(
  end: KeptEnd,
  target: CountingTarget,
  times: ReadonlyMap<number, number>,
  from: number,
  to: number,
): Promise<number> {
  const inside = [...times].filter(([number]) => number >= from && number <= to)
  const [first, last] = [inside.at(0)?.[1] ?? Infinity, inside.at(-1)?.[1] ?? -Infinity]
  const up = (await readSeries(end, 'up', target.address)).get('up') ?? new Map<number, number>()
  return [...up].filter(([at, value]) => value === 0 && at >= first && at <= last).length
}

/** What an instant query at the time of a scrape has too much or lacks: series that went away are stale. */
export async function readStale(
  end: KeptEnd,
  target: CountingTarget,
  number: number,
  timeMs: number,
): Promise<readonly string[]> {
  const query = `{__name__=~"counting_.+",instance="${target.address}",${end.matchers}}`
  const result = await ask(end, { query, time: String(timeMs / 1000) })
  const answered = new Set(result.map(({ metric }) => nameOf(metric)))
  const said = target.log[number]
  return [
    ...[...answered].filter((name) => !said.has(name)).map((name) => `${name} is not stale`),
    ...[...said.keys()].filter((name) => !answered.has(name)).map((name) => `${name} is absent`),
  ].map((text) => `${text} in scrape ${number}`)
}
