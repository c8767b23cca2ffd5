/** Compares what arrived at an end with what a counting target said, value by value. */
import assert from 'node:assert/strict'
import { type CountingTarget, SCRAPE_NUMBER } from './countingtarget.ts'
import { type Arrivals, bitsOf, STALE_BITS } from './writesink.ts'

/** What was found on the way. */
export interface Delivered {
  /** Scrapes that arrived. */
  readonly scrapes: number
  /** Samples that arrived more than once. */
  readonly duplicates: number
}

/** Where the series of a target are found at an end. */
export interface End {
  /** Arrivals by the name that the target gave the series; undefined for one that never came. */
  arrivals(name: string): Arrivals | undefined
  /** Whether this end is to have the series. */
  wants(name: string): boolean
}

/**
 * Asserts that every scrape from the first that arrived up to `lastScrape` is there whole, in order
 * and with the very values, and that series that went away were marked exactly once each time.
 */
export function assertDelivered(
  target: CountingTarget,
  end: End,
  lastScrape: number,
  what: string,
): Delivered {
  const numbers = end.arrivals(SCRAPE_NUMBER)
  assert.ok(numbers !== undefined, `${what}: the numbers of the scrapes arrived`)
  const scrapeAt = new Map<number, number>()
  let duplicates = 0
  for (const [timeMs, bits] of numbers) {
    if (bits === STALE_BITS) continue
    const scrape = numberOf(bits)
    if (scrapeAt.has(timeMs)) duplicates++
    assert.equal(scrapeAt.get(timeMs) ?? scrape, scrape, `${what}: one scrape at ${timeMs}`)
    scrapeAt.set(timeMs, scrape)
  }
  const times = [...scrapeAt].sort(([a], [b]) => a - b)
  const [, firstScrape] = times[0]
  const wanted = target.log.slice(firstScrape, lastScrape + 1)
  const arrived = times.map(([, scrape]) => scrape).filter((scrape) => scrape <= lastScrape)
  assert.deepEqual(
    arrived,
    wanted.map((_, i) => firstScrape + i),
    `${what}: every scrape once and in order`,
  )
  const names = new Set(wanted.flatMap((said) => [...said.keys()]))
  for (const name of names) {
    if (!end.wants(name)) {
      assert.equal(end.arrivals(name), undefined, `${what}: ${name} was dropped`)
      continue
    }
    duplicates += assertSeries(target, end.arrivals(name) ?? [], name, times, lastScrape, what)
  }
  return { scrapes: arrived.length, duplicates }
}

/** @returns samples that arrived more than once */
function assertSeries(
  target: CountingTarget,
  arrivals: Arrivals,
  name: string,
  times: readonly (readonly [timeMs: number, scrape: number])[],
  lastScrape: number,
  what: string,
): number {
  const found = new Map<number, string>()
  let newestMs = -Infinity
  let duplicates = 0
  for (const [timeMs, bits] of arrivals) {
    if (found.has(timeMs)) {
      assert.equal(found.get(timeMs), bits, `${what}: ${name} has one value at ${timeMs}`)
      duplicates++
      continue
    }
    assert.ok(timeMs > newestMs, `${what}: ${name} arrived in order, ${timeMs} after ${newestMs}`)
    newestMs = timeMs
    found.set(timeMs, bits)
  }
  let before = false
  for (const [timeMs, scrape] of times) {
    if (scrape > lastScrape) break
    const value = target.log[scrape].get(name)
    const bits: string | undefined =
      value === undefined ? (before ? STALE_BITS : undefined) : bitsOf(value)
    assert.equal(found.get(timeMs), bits, `${what}: ${name} in scrape ${scrape}`)
    before = value !== undefined
  }
  return duplicates
}

function numberOf(bits: string): number {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, BigInt(`0x${bits}`))
  return view.getFloat64(0)
}
