/** Bytes of a segment that are to vanish, while its elements are written anew without them. */

/** Behind all bytes; small, so that what is computed with it stays a small integer. */
const NEVER = 2 ** 30 - 1

/** Ranges of raw bytes that are to vanish, and where their content comes from. */
export class DroppedBytes {
  /** Rising and apart from each other. */
  #count = 0
  readonly #from: Uint32Array
  readonly #to: Uint32Array
  /** How much has been dropped where each of them ends. */
  readonly #sums: Uint32Array
  /** The first one that ends behind where the elements are read. */
  #next = 0
  /** Of the byte that was located last: whether it is dropped. */
  isDropped = false
  /** Where bytes begin to be kept, or to be dropped, behind it; more than all places when nowhere. */
  turn = 0
  /** How much is dropped before it, or up to where its range ends. */
  sum = 0
  /** What they consist of: ranges of kept bytes, or of literals in the elements, those as ~place. */
  #pieceCount = 0
  #pieceFrom: Uint32Array
  #pieceTo: Uint32Array
  #origins: Int32Array

  constructor(rangesMax: number) {
    this.#from = new Uint32Array(rangesMax)
    this.#to = new Uint32Array(rangesMax)
    this.#sums = new Uint32Array(rangesMax)
    this.#pieceFrom = new Uint32Array(4 * rangesMax)
    this.#pieceTo = new Uint32Array(4 * rangesMax)
    this.#origins = new Int32Array(4 * rangesMax)
  }

  clear(): void {
    this.#count = 0
    this.#next = 0
    this.#pieceCount = 0
  }

  /** Adds a range behind all others. */
  add(from: number, to: number): void {
    const last = this.#count - 1
    const sum = (last < 0 ? 0 : this.#sums[last]) + to - from
    if (last >= 0 && this.#to[last] === from) {
      this.#to[last] = to
      this.#sums[last] = sum
      return
    }
    this.#from[this.#count] = from
    this.#to[this.#count] = to
    this.#sums[this.#count] = sum
    this.#count++
  }

  /** Says that elements are read from `at` on. */
  advance(at: number): void {
    while (this.#next < this.#count && this.#to[this.#next] <= at) this.#next++
  }

  /** Whether something of [from, to) is dropped; where elements are read lies in it. */
  meets(from: number, to: number): boolean {
    const next = this.#next
    return (next > 0 && from < this.#to[next - 1]) || (next < this.#count && this.#from[next] < to)
  }

  /** Looks a byte up; what it found is in `isDropped`, `turn` and `sum`. */
  locate(at: number): void {
    let range = this.#next
    while (range > 0 && this.#from[range - 1] > at) range--
    // All before this one begin at or before the byte.
    while (range < this.#count && this.#from[range] <= at) range++
    this.isDropped = range > 0 && at < this.#to[range - 1]
    this.sum = range > 0 ? this.#sums[range - 1] : 0
    if (this.isDropped) this.turn = this.#to[range - 1]
    else this.turn = range < this.#count ? this.#from[range] : NEVER
  }

  /** Where the byte at `at` comes to lie, or what follows it when it is dropped. */
  placeOf(at: number): number {
    this.locate(at)
    return (this.isDropped ? this.turn : at) - this.sum
  }

  /** Notes what the dropped bytes [from, to) were, behind all that are noted. */
  note(from: number, to: number, origin: number): void {
    const last = this.#pieceCount - 1
    if (last >= 0 && this.#pieceTo[last] === from) {
      const sizeBytes = from - this.#pieceFrom[last]
      const before = this.#origins[last]
      if (before < 0 === origin < 0 && onward(before, sizeBytes) === origin) {
        this.#pieceTo[last] = to
        return
      }
    }
    if (this.#pieceCount === this.#pieceFrom.length) this.#growPieces()
    this.#pieceFrom[this.#pieceCount] = from
    this.#pieceTo[this.#pieceCount] = to
    this.#origins[this.#pieceCount] = origin
    this.#pieceCount++
  }

  /** The last piece that begins at or before the dropped byte at `at`: it holds it. */
  pieceAt(at: number): number {
    let low = 0
    let high = this.#pieceCount
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (this.#pieceFrom[middle] <= at) low = middle
      else high = middle
    }
    return low
  }

  pieceEnd(piece: number): number {
    return this.#pieceTo[piece]
  }

  /** Where the dropped byte at `at` of a piece comes from. */
  originIn(piece: number, at: number): number {
    return onward(this.#origins[piece], at - this.#pieceFrom[piece])
  }

  #growPieces(): void {
    const room = 2 * this.#pieceCount
    const [from, to, origins] = [this.#pieceFrom, this.#pieceTo, this.#origins]
    this.#pieceFrom = new Uint32Array(room)
    this.#pieceTo = new Uint32Array(room)
    this.#origins = new Int32Array(room)
    this.#pieceFrom.set(from)
    this.#pieceTo.set(to)
    this.#origins.set(origins)
  }
}

/** What lies so many bytes behind an origin. */
function onward(origin: number, sizeBytes: number): number {
  return origin < 0 ? origin - sizeBytes : origin + sizeBytes
}
