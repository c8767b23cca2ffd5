/** Parcels without what a destination does not want, or not any more. */
import type { DestinationBase } from '../config/destination.ts'
import { gatherNumbers, gatherValues } from './cells.ts'
import type { Parcel } from './parcel.ts'

/** The parcel without histograms and exemplars where they are not to be sent; undefined when nothing is left. */
export function withoutSide(
  parcel: Parcel,
  wanted: Pick<DestinationBase, 'sendExemplars' | 'sendNativeHistograms'>,
): Parcel | undefined {
  const histograms = wanted.sendNativeHistograms ? parcel.histograms : []
  const exemplars = wanted.sendExemplars ? parcel.exemplars : []
  const left = histograms.length + exemplars.length
  if (left === parcel.histograms.length + parcel.exemplars.length) return parcel
  if (parcel.count + left === 0) return undefined
  return { ...parcel, histograms, exemplars }
}

/** The parcel without samples from before `oldestMs`; undefined when nothing is left. */
export function withoutOld(parcel: Parcel, oldestMs: number): Parcel | undefined {
  if (oldestMs === -Infinity) return parcel
  const { times, timeMs } = parcel
  const histograms = parcel.histograms.filter((sample) => sample.timeMs >= oldestMs)
  const exemplars = parcel.exemplars.filter(
    ({ exemplar }) => exemplar.timeMs === undefined || exemplar.timeMs >= oldestMs,
  )
  const slots = youngSlots(parcel, oldestMs)
  const left = slots.length + histograms.length + exemplars.length
  if (left === parcel.count + parcel.histograms.length + parcel.exemplars.length) return parcel
  if (left === 0) return undefined
  const youngTimes = times === undefined ? undefined : gatherNumbers(times, slots)
  return {
    ...parcel,
    count: slots.length,
    ids: slots.length === parcel.count ? parcel.ids : gatherNumbers(parcel.ids, slots),
    values: gatherValues(parcel.values, slots),
    timeMs: youngTimes !== undefined && youngTimes.length > 0 ? youngTimes[0] : timeMs,
    times: youngTimes,
    histograms,
    exemplars,
  }
}

function youngSlots(parcel: Parcel, oldestMs: number): Uint32Array {
  const { count, times, timeMs } = parcel
  const slots = new Uint32Array(count)
  let young = 0
  for (let i = 0; i < count; i++) {
    if ((times === undefined ? timeMs : times[i]) >= oldestMs) slots[young++] = i
  }
  return slots.subarray(0, young)
}
