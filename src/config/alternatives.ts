/** Keys that stand for each other: a value, a file that has it, a reference to it. */
import type { MapPlace } from './shape.ts'

/** Secrets by reference need a secret manager; none can be configured here. */
export function refuseReferences(place: MapPlace, keys: readonly string[]): void {
  for (const key of keys) {
    if (place.has(key)) {
      place.report.error(place.at(key), `${key} needs a secret manager, none is configured`)
    }
  }
}

/** How many of the values say something. */
export function countGiven(values: readonly unknown[]): number {
  return values.filter((value) => value !== undefined && value !== '').length
}
