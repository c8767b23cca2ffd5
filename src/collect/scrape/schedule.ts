/** When a target is scraped: in one of a few slots of its interval, the same after every start. */

/** Slots of an interval; targets of one slot share a wake-up. */
export const SLOTS_MAX = 5

/** Targets of one slot that start together; the next ones start a little later. */
export const BURST_TARGETS_MAX = 25

/** Distance between bursts of one slot. */
const BURST_DISTANCE_MS = 20

/** How far from the planned time a scrape still bears it. @source Prometheus scrape/scrape.go */
const ALIGN_MS_MAX = 2
const ALIGN_SHARE_MAX = 0.01

/** Gives out offsets inside the interval and takes them back. */
export class Slots {
  readonly #used: Map<number, number[]> = new Map()

  /** The offset of a target, by the hash of its key and by how full the slot is. */
  take(key: string, intervalMs: number): number {
    const slotOffsetMs = Math.floor(((hashText(key) % SLOTS_MAX) * intervalMs) / SLOTS_MAX)
    const id = intervalMs * SLOTS_MAX + (hashText(key) % SLOTS_MAX)
    const bursts = this.#used.get(id) ?? []
    this.#used.set(id, bursts)
    let burst = bursts.findIndex((count) => count < BURST_TARGETS_MAX)
    if (burst < 0) burst = bursts.push(0) - 1
    bursts[burst]++
    return (slotOffsetMs + burst * BURST_DISTANCE_MS) % intervalMs
  }

  /** Gives an offset back that `take` has handed out. */
  giveBack(key: string, intervalMs: number, offsetMs: number): void {
    const slot = hashText(key) % SLOTS_MAX
    const bursts = this.#used.get(intervalMs * SLOTS_MAX + slot)
    if (bursts === undefined) return
    const slotOffsetMs = Math.floor((slot * intervalMs) / SLOTS_MAX)
    const distanceMs = (offsetMs - slotOffsetMs + intervalMs) % intervalMs
    const burst = Math.floor(distanceMs / BURST_DISTANCE_MS)
    if (bursts[burst] > 0) bursts[burst]--
  }
}

/** The first planned time after `nowMs`, never the one that has just been served. */
export function nextTimeMs(
  nowMs: number,
  servedMs: number,
  intervalMs: number,
  offsetMs: number,
): number {
  const next = nowMs - modulo(nowMs - offsetMs, intervalMs) + intervalMs
  const isEarly = next === servedMs
  return isEarly ? next + intervalMs : next
}

/** The time that a scrape bears: the planned one, when it is close enough. */
export function alignTimeMs(nowMs: number, plannedMs: number, intervalMs: number): number {
  const toleranceMs = Math.min(ALIGN_MS_MAX, intervalMs * ALIGN_SHARE_MAX)
  return Math.abs(nowMs - plannedMs) <= toleranceMs ? plannedMs : nowMs
}

function modulo(a: number, b: number): number {
  return ((a % b) + b) % b
}

/** FNV-1a over UTF-16 units: stable over restarts, and nothing more is asked of it. */
function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}
