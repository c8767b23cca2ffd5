/** Parcels that are larger than a request: cut into parts whose ids are the same arrays each time. */
import type { Parcel } from './parcel.ts'

/** Parts of an ids array by their greatest length. */
const partsOf = new WeakMap<Float64Array, { length: number; parts: readonly Float64Array[] }>()

/**
 * Cuts a parcel into parts of at most `samplesMax`. Histograms and exemplars follow the samples.
 *
 * @returns at least one part; nothing is copied
 */
export function splitParcel(parcel: Parcel, samplesMax: number): readonly Parcel[] {
  const parts: Parcel[] = []
  const { count, values, times, histograms, exemplars } = parcel
  const length = Math.ceil(count / Math.ceil(count / samplesMax))
  const ids = count === 0 ? [] : cutIds(parcel.ids, length)
  for (const [i, partIds] of ids.entries()) {
    const from = i * length
    const to = from + partIds.length
    parts.push({
      ...parcel,
      count: partIds.length,
      ids: partIds,
      values: values.subarray(from, to),
      timeMs: times === undefined ? parcel.timeMs : times[from],
      times: times?.subarray(from, to),
      histograms: [],
      exemplars: [],
    })
  }
  for (const [list, key] of [
    [histograms, 'histograms'],
    [exemplars, 'exemplars'],
  ] as const) {
    for (let from = 0; from < list.length; from += samplesMax) {
      parts.push({ ...withoutSamples(parcel), [key]: list.slice(from, from + samplesMax) })
    }
  }
  return parts
}

function withoutSamples(parcel: Parcel): Parcel {
  const nothing = parcel.ids.subarray(0, 0)
  return {
    ...parcel,
    count: 0,
    ids: nothing,
    values: nothing,
    times: undefined,
    histograms: [],
    exemplars: [],
  }
}

function cutIds(ids: Float64Array, length: number): readonly Float64Array[] {
  const known = partsOf.get(ids)
  if (known?.length === length) return known.parts
  const parts: Float64Array[] = []
  for (let from = 0; from < ids.length; from += length)
    parts.push(ids.subarray(from, from + length))
  partsOf.set(ids, { length, parts })
  return parts
}
