/** Rates of counters, worked out from the answers of successive polls. */

/** Growth a second between two polls, at the time of the later one. */
export interface RatePoint {
  readonly atMs: number
  readonly perSecond: number
}

interface Reading {
  readonly atMs: number
  readonly count: number
}

/** Polls remembered of one counter: ten minutes at one every 5 s. */
export const READINGS_MAX = 121

/** What the last polls said of counters, by name. */
export class Rates {
  readonly #readings = new Map<string, Reading[]>()

  /** Notes all counters of one poll; those that are not among them are forgotten. */
  take(atMs: number, counts: ReadonlyMap<string, number>): void {
    for (const name of this.#readings.keys()) {
      if (!counts.has(name)) this.#readings.delete(name)
    }
    for (const [name, count] of counts) {
      const readings = this.#readings.get(name) ?? []
      this.#readings.set(name, readings)
      readings.push({ atMs, count })
      if (readings.length > READINGS_MAX) readings.shift()
    }
  }

  /** Growth a second over the last `windowMs`; undefined before the second poll. */
  perSecond(name: string, windowMs: number): number | undefined {
    const readings = this.#readings.get(name) ?? []
    const last = readings.at(-1)
    if (last === undefined || readings.length < 2) return undefined
    const reach = readings.findIndex(({ atMs }) => atMs >= last.atMs - windowMs)
    const from = Math.min(reach, readings.length - 2)
    let growth = 0
    for (let i = from + 1; i < readings.length; i++) growth += growthOf(readings, i)
    return (1000 * growth) / (last.atMs - readings[from].atMs)
  }

  /** The growth between any two polls that follow each other. */
  points(name: string): RatePoint[] {
    const readings = this.#readings.get(name) ?? []
    return readings.slice(1).map(({ atMs }, i) => ({
      atMs,
      perSecond: (1000 * growthOf(readings, i + 1)) / (atMs - readings[i].atMs),
    }))
  }
}

/** A counter that fell has begun again at zero. */
function growthOf(readings: readonly Reading[], index: number): number {
  const { count } = readings[index]
  const before = readings[index - 1].count
  return count >= before ? count - before : count
}
