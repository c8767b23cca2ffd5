/**
 * Arrays for the values of rows, used again when every destination is done with them: arrays that
 * come and go with each scrape would lie about for minutes before they are collected.
 */

/** Values that lie ready at most. */
const FREE_VALUES_MAX = 262_144

/** Lends arrays; each has as many users as there are queues that it waits in. */
export class RowValues {
  readonly #users = new Map<Float64Array, number>()
  readonly #free = new Map<number, Float64Array[]>()
  #freeValues = 0

  /** A copy of the first `count` values, with one user. */
  copy(values: Float64Array, count: number): Float64Array {
    const copy = this.#take(count)
    copy.set(values.length === count ? values : values.subarray(0, count))
    this.#users.set(copy, 1)
    return copy
  }

  /** One user more; arrays from elsewhere are nobody's concern. */
  hold(values: Float64Array): void {
    const users = this.#users.get(values)
    if (users !== undefined) this.#users.set(values, users + 1)
  }

  /** One user less; after the last one the array gets other values. */
  release(values: Float64Array): void {
    const users = this.#users.get(values)
    if (users === undefined) return
    if (users > 1) {
      this.#users.set(values, users - 1)
      return
    }
    this.#users.delete(values)
    if (this.#freeValues + values.length > FREE_VALUES_MAX) return
    this.#freeValues += values.length
    const free = this.#free.get(values.length)
    if (free === undefined) this.#free.set(values.length, [values])
    else free.push(values)
  }

  /** Leaves an array to its users for good: parts of it are on their way. */
  disown(values: Float64Array): void {
    this.#users.delete(values)
  }

  /** Arrays that are in use. */
  get lentCount(): number {
    return this.#users.size
  }

  #take(count: number): Float64Array {
    const free = this.#free.get(count)
    const values = free?.pop()
    if (free?.length === 0) this.#free.delete(count)
    if (values === undefined) return new Float64Array(count)
    this.#freeValues -= count
    return values
  }
}
