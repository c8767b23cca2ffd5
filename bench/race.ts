/** Races named contenders turn by turn in one process; prints ns per item and the ratio to the first. */

/** What one contender did in its best turn. */
export interface Lap {
  readonly name: string
  /** CPU nanoseconds per item, least of all turns */
  readonly nsPerItem: number
  /** to the first contender */
  readonly ratio: number
}

/**
 * Runs every contender once a turn, in changing order, and keeps the least CPU time of each.
 *
 * @param itemCount how many items one call handles, >= 1
 * @param turns how many turns, >= 1; a first one is not counted
 */
export function race(
  itemCount: number,
  turns: number,
  contenders: Readonly<Record<string, () => unknown>>,
): Lap[] {
  const names = Object.keys(contenders)
  const least = new Map<string, number>(names.map((name) => [name, Infinity]))
  for (let turn = -1; turn < turns; turn++) {
    const order = turn % 2 === 0 ? names : names.toReversed()
    for (const name of order) {
      const before = process.cpuUsage()
      contenders[name]()
      const used = process.cpuUsage(before)
      const ns = ((used.user + used.system) * 1000) / itemCount
      if (turn >= 0) least.set(name, Math.min(least.get(name) ?? ns, ns))
    }
  }
  const first = least.get(names[0]) ?? 1
  return names.map((name) => {
    const nsPerItem = least.get(name) ?? 0
    return { name, nsPerItem, ratio: nsPerItem / first }
  })
}

/** Prints the laps, one line each. */
export function printLaps(title: string, laps: readonly Lap[]): void {
  console.log(title)
  for (const { name, nsPerItem, ratio } of laps) {
    console.log(`  ${name.padEnd(36)} ${nsPerItem.toFixed(1).padStart(9)} ns  x${ratio.toFixed(2)}`)
  }
}
