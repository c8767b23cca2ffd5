/** Parcels that are larger than a request: cut into parts whose ids are the same arrays each time. */
import type { SeriesId } from '../../model/appender.ts'
import type { ExemplarSample, Parcel } from '../parcel.ts'

/** Parts of an ids array by their greatest length. */
const partsOf = new WeakMap<Float64Array, { length: number; parts: readonly Float64Array[] }>()

/**
 * Cuts a parcel into parts of at most `samplesMax`. Exemplars go with the part that has a sample of
 * their series; histograms, and exemplars without such, follow.
 *
 * @returns at least one part; nothing is copied
 */
export function splitParcel(parcel: Parcel, samplesMax: number): readonly Parcel[] {
  const parts: Parcel[] = []
  const { count, values, times, histograms } = parcel
  const length = Math.ceil(count / Math.ceil(count / samplesMax))
  const ids = count === 0 ? [] : cutIds(parcel.ids, length)
  const beside = exemplarsByPart(parcel, ids)
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
      exemplars: beside[i] ?? [],
    })
  }
  const alone = beside.at(ids.length) ?? []
  for (const [list, key] of [
    [histograms, 'histograms'],
    [alone, 'exemplars'],
  ] as const) {
    for (let from = 0; from < list.length; from += samplesMax) {
      parts.push({ ...withoutSamples(parcel), [key]: list.slice(from, from + samplesMax) })
    }
  }
  return parts
}

/** Exemplars by part, those of no part last; nothing at all when there are none. */
function exemplarsByPart(
  { exemplars }: Parcel,
  parts: readonly Float64Array[],
): readonly (readonly ExemplarSample[])[] {
  if (exemplars.length === 0) return []
  const partOf = new Map<SeriesId, number>()
  for (const { id } of exemplars) partOf.set(id, parts.length)
  for (const [i, ids] of parts.entries()) {
    for (const id of ids) if (partOf.has(id)) partOf.set(id, i)
  }
  const byPart: ExemplarSample[][] = Array.from({ length: parts.length + 1 }, () => [])
  for (const each of exemplars) byPart[partOf.get(each.id) ?? parts.length].push(each)
  return byPart
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
