/** Finds repetitions in the messages of a segment. */
import { type ElementWriter, OFFSET_MAX } from './elements.ts'
import { TIME_BYTES, VALUE_BYTES, VALUE_FROM_END } from './message.ts'
import { NO_SYMBOL, RAW_BYTES_MAX, TIME_SYMBOL, VALUE_SYMBOL, type Workbench } from './workbench.ts'

const MATCH_BYTES_MIN = 4

/** How many earlier places with the same hash are looked at. */
const CHAIN_MAX = 12

/** A repetition this long is taken without looking for a better one. */
const GOOD_ENOUGH_BYTES = 96

/**
 * Writes the messages from `first` on as literals and copies of what comes before them.
 *
 * @param windows rising, messages before `first` from which may be copied
 * @param writer  stands at the first
 */
export function writeMatched(
  bench: Workbench,
  windows: readonly number[],
  first: number,
  writer: ElementWriter,
): void {
  const { starts } = bench
  const end = starts[bench.count]
  bench.chainHeads.fill(-1)
  for (const message of windows) {
    fillSymbols(bench, message)
    for (let at = starts[message]; at < starts[message + 1]; at++) insert(bench, at, end)
  }
  for (let message = first; message < bench.count; message++) fillSymbols(bench, message)
  // Nothing is as far back as that.
  lastOffset = RAW_BYTES_MAX
  let at = starts[first]
  while (at < end) {
    find(bench, at, end)
    insert(bench, at, end)
    if (foundBytes === 0) {
      writer.literal(1)
      at++
      continue
    }
    let offset = foundOffset
    let sizeBytes = foundBytes
    if (sizeBytes < GOOD_ENOUGH_BYTES) {
      const gain = foundGain
      find(bench, at + 1, end)
      if (foundBytes > 0 && foundGain > gain + 1) {
        writer.literal(1)
        at++
        insert(bench, at, end)
        offset = foundOffset
        sizeBytes = foundBytes
      }
    }
    writer.copy(offset, sizeBytes)
    lastOffset = offset
    const stop = at + sizeBytes
    for (at++; at < stop; at++) insert(bench, at, end)
  }
  for (const i of windows) bench.symbols.fill(NO_SYMBOL, starts[i], starts[i + 1])
  bench.symbols.fill(NO_SYMBOL, starts[first], end)
}

/** What `find` found: 0 bytes when no repetition is worth a copy. */
let foundOffset = 0
let foundBytes = 0
let foundGain = 0

/** How far back the last copy reached: messages of a target are alike, so the next one mostly does too. */
let lastOffset = 0

function find(bench: Workbench, at: number, end: number): void {
  const { symbols, chainHeads, chainSteps } = bench
  foundBytes = 0
  foundGain = 0
  if (at + MATCH_BYTES_MIN > end) return
  if (at >= lastOffset) consider(symbols, at, end, lastOffset)
  if (foundBytes >= GOOD_ENOUGH_BYTES) return
  let candidate = chainHeads[hashAt(bench, at)]
  for (let left = CHAIN_MAX; left > 0 && candidate >= 0; left--) {
    const offset = at - candidate
    if (offset > OFFSET_MAX) return
    consider(symbols, at, end, offset)
    const step = chainSteps[candidate]
    candidate = step === 0 ? -1 : candidate - step
  }
}

/** Keeps the repetition of what lies `offset` back when it is better than what was found. */
function consider(symbols: Uint16Array, at: number, end: number, offset: number): void {
  const from = at - offset
  if (symbols[from + foundBytes] !== symbols[at + foundBytes]) return
  let length = 0
  while (at + length < end && symbols[from + length] === symbols[at + length]) length++
  const gain = length - copyBytes(length, offset)
  if (length < MATCH_BYTES_MIN || gain <= foundGain) return
  foundGain = gain
  foundBytes = length
  foundOffset = offset
}

function insert(bench: Workbench, at: number, end: number): void {
  if (at + MATCH_BYTES_MIN > end) return
  const { chainHeads, chainSteps } = bench
  const hash = hashAt(bench, at)
  const step = at - chainHeads[hash]
  chainSteps[at] = chainHeads[hash] < 0 || step > OFFSET_MAX ? 0 : step
  chainHeads[hash] = at
}

function hashAt({ symbols }: Workbench, at: number): number {
  const first = symbols[at] | (symbols[at + 1] << 16)
  const second = symbols[at + 2] | (symbols[at + 3] << 16)
  return (Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b)) >>> 18
}

/** Bytes of the copies that make so many. */
function copyBytes(length: number, offset: number): number {
  if (length <= 64) return length <= 11 && offset < 2048 ? 2 : 3
  return 3 * Math.ceil(length / 64)
}

function fillSymbols({ raw, symbols, starts }: Workbench, message: number): void {
  const end = starts[message + 1]
  const value = end - VALUE_FROM_END
  for (let at = starts[message]; at < end; at++) symbols[at] = raw[at]
  for (let k = 0; k < VALUE_BYTES; k++) symbols[value + k] = VALUE_SYMBOL + 256 * k + raw[value + k]
  for (let k = 0; k < TIME_BYTES; k++) symbols[end - TIME_BYTES + k] = TIME_SYMBOL + k
}
