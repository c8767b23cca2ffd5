/** Strands with equal times, put together as rows of several columns. */
import type { HeadRows } from './headview.ts'

/** Strands that have the same times. */
export interface Bundle {
  /** Where they stood in the list. */
  readonly places: number[]
  readonly rows: HeadRows
}

/** Puts strands with equal times together; each comes as rows of one column, some have none. */
export function bundlesOf(strands: readonly HeadRows[]): Bundle[] {
  const byTimes = new Map<string, { places: number[]; times: Float64Array }[]>()
  for (let place = 0; place < strands.length; place++) {
    const { times } = strands[place]
    if (times.length === 0) continue
    const key = `${times.length} ${times[0]} ${times[times.length - 1]}`
    const alike = byTimes.get(key)
    const known = alike?.find((other) => areEqual(other.times, times))
    if (known !== undefined) known.places.push(place)
    else if (alike !== undefined) alike.push({ places: [place], times })
    else byTimes.set(key, [{ places: [place], times }])
  }
  return [...byTimes.values()].flat().map(({ places }) => ({ places, rows: join(strands, places) }))
}

function join(strands: readonly HeadRows[], places: readonly number[]): HeadRows {
  const first = strands[places[0]]
  if (places.length === 1) return first
  const { seals, times, rowCount } = first
  const values = new Float64Array(places.length * rowCount)
  for (let i = 0; i < places.length; i++) values.set(strands[places[i]].values, i * rowCount)
  const presence = new Uint32Array(places.length * 3).fill(0xffffffff)
  return { seals, times, rowCount, values, presence }
}

function areEqual(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
