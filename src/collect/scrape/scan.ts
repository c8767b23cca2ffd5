/** Reads a body against the known layout of its target: in steady state no string is made. */
import { NarthexError } from '../../base/error.ts'
import { type Labels, labelsFrom } from '../../model/labels.ts'
import {
  type ByteCursor,
  END,
  type Entry,
  type ExpositionFormat,
  NEWLINE,
  newEntry,
  readPairs,
  SPACE,
  TAB,
  unescapeText,
} from '../../wire/exposition.ts'
import { EXACT_DIGITS_MAX, EXACT_POWER_MAX, EXACT_POWERS, parseDecimal } from '../../wire/float.ts'
import { TextPool } from '../../wire/textpool.ts'
import { commentsEnd, normalizeBounds, readComments, TYPE_OTHER } from './comments.ts'
import { hashKey, KEY_HASH } from './keyhash.ts'
import { BLOCK, DROPPED, KeyTable, type Layout, LIVE, TIMED, UNRESOLVED } from './layout.ts'
import type { MetadataPool } from './metadata.ts'
import { Row } from './row.ts'
import { type SampleRules, seriesLabels } from './samplelabels.ts'

/** A whole body; one byte behind `length` is there and is a line break. */
export interface Body {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly length: number
}

/** How many entries ahead of the expected one are tried before the table is filled. */
const AHEAD_MAX = 8

/** Of a look-up: the entry is new. */
const NOT_FOUND = -2

/** Numbers in `runs` before it grows. */
const RUNS_START = 256

/** Scans bodies of all targets, one at a time, on the same scratch memory. */
export class Scanner {
  readonly row: Row = new Row()
  readonly #metadata: MetadataPool
  readonly #table = new KeyTable()
  readonly #texts = new TextPool()
  readonly #entry: Entry = newEntry()
  readonly #cursor: ByteCursor = { bytes: new Uint8Array(0), at: 0, end: 0 }

  /** Pairs of from and to: the entries in the order in which they came. */
  #runs = new Uint32Array(RUNS_START)
  #runsCount = 0
  #tableFilled = false
  #reordered = false
  /** Where the key lies that `#entry` describes; -1 for none. */
  #lexedAt = -1
  /** The block of comments that was met last; -1 before the first. */
  #block = -1
  #limited = false
  /** Entries before this scrape; what comes later is new. */
  #knownCount = 0

  constructor(metadata: MetadataPool) {
    this.#metadata = metadata
  }

  /**
   * Reads a body into the row.
   *
   * @throws NarthexError as Prometheus words it, for a body that is refused; the layout is then as
   *   it was before
   */
  scan(body: Body, layout: Layout, format: ExpositionFormat, rules: SampleRules): void {
    this.#begin(body, layout)
    try {
      if (body.length > 0) this.#scanLines(body, layout, format, rules)
      if (this.#isOverLimit(rules)) throw new NarthexError('limit', 'sample limit exceeded')
    } catch (error) {
      this.#abandon(layout)
      throw error
    } finally {
      this.row.kept += this.row.count + this.row.timedCount
    }
  }

  /** Adds staleness markers for the series that the last good scrape had and this one has not. */
  markGone(layout: Layout): void {
    const { row } = this
    for (const entry of row.untracked) row.pushStale(entry, layout.ids[entry])
    if (this.#runsCount === 2 && this.#runs[0] === 0 && this.#runs[1] === layout.count) return
    const { count, flags, seen, ids, scrape } = layout
    for (let i = 0; i < count; i++) {
      if (flags[i] === LIVE && seen[i] !== scrape && ids[i] >= 0) row.pushStale(i, ids[i])
    }
  }

  /** After a row was written: clears what is gone and puts the layout into the order of the body. */
  settle(layout: Layout): void {
    layout.lastGood = layout.scrape
    for (const entry of this.row.untracked) layout.flags[entry] = TIMED
    if (this.#runsCount === 2 && this.#runs[0] === 0 && this.#runs[1] === layout.count) return
    const goneCount = layout.clearGone()
    const sparse = layout.isSparse(goneCount)
    if (sparse || this.#reordered) {
      layout.reorder(this.#runs, this.#runsCount, !sparse, (i) => this.#dropBlock(layout, i))
    }
    layout.trim()
  }

  /** Puts markers for everything that is alive into an empty row. */
  markAll(layout: Layout): void {
    const { row } = this
    row.reset()
    for (let i = 0; i < layout.count; i++) {
      if (layout.flags[i] === LIVE && layout.ids[i] >= 0) row.pushStale(i, layout.ids[i])
    }
  }

  /** Gives back what a layout holds of shared memory. */
  release(layout: Layout): void {
    for (let i = 0; i < layout.count; i++) this.#dropBlock(layout, i)
    layout.truncate(0)
  }

  /** Counts an exemplar, and keeps it where somebody takes it. */
  #noteExemplar(entry: number, sample: Entry): void {
    const { row } = this
    row.exemplars++
    if (!row.keepsExemplars) return
    const { exemplarOffsets: offsets, exemplarValue: value, exemplarTimeMs: timeMs } = sample
    const pairs: [string, string][] = []
    for (let i = 0; i < offsets.length; i += 4) {
      const name = this.#exemplarText(offsets[i], offsets[i + 1])
      pairs.push([name, this.#exemplarText(offsets[i + 2], offsets[i + 3])])
    }
    row.exemplarsKept.push({ entry, exemplar: { labels: labelsFrom(pairs), value, timeMs } })
  }

  #exemplarText(from: number, to: number): string {
    const text = this.#texts.decode(this.#cursor.bytes, from, to) ?? ''
    return text.includes('\\') ? unescapeText(text, true) : text
  }

  #isOverLimit(rules: SampleRules): boolean {
    const { row } = this
    if (this.#limited) return true
    return rules.sampleLimit > 0 && row.count + row.timedCount > rules.sampleLimit
  }

  #begin(body: Body, layout: Layout): void {
    this.row.reset()
    this.row.reserve(layout.count)
    this.#cursor.bytes = body.bytes
    this.#cursor.end = body.length
    this.#cursor.at = 0
    this.#runsCount = 0
    this.#tableFilled = false
    this.#reordered = false
    this.#lexedAt = -1
    this.#block = -1
    this.#limited = false
    this.#knownCount = layout.count
    layout.scrape++
  }

  /** The hot loop: expected key, number, next. All else leaves it. */
  #scanLines(body: Body, layout: Layout, format: ExpositionFormat, rules: SampleRules): void {
    const { bytes, view, length: end } = body
    const { row } = this
    const { scrape } = layout
    const cellsMax = rules.sampleLimit > 0 ? rules.sampleLimit : Number.MAX_SAFE_INTEGER
    let { count, lengths, hashesA, hashesB, ids, seen, flags } = layout
    let { ids: rowIds, values: rowValues, entries: rowEntries } = row
    let expected = 0
    let runFrom = 0
    for (let at = 0; at < end || format.isClosed; ) {
      let entry = expected
      const length = entry < count ? lengths[entry] : end
      if (at + length < end) {
        hashKey(view, at, length)
        if (hashesA[entry] !== KEY_HASH[0] || hashesB[entry] !== KEY_HASH[1]) entry = -1
      } else entry = -1
      if (entry >= 0) at += length
      else {
        entry = this.#findEntry(body, at, expected, layout, format)
        if (entry < 0) break
        ;({ count, lengths, hashesA, hashesB, ids, seen, flags } = layout)
        ;({ ids: rowIds, values: rowValues, entries: rowEntries } = row)
        if (entry !== expected) {
          this.#endRun(runFrom, expected)
          runFrom = entry
        }
        at = this.#cursor.at
      }
      expected = entry + 1
      const id = ids[entry]
      if (id <= BLOCK) {
        seen[entry] = scrape
        this.#block = entry
        continue
      }
      row.scraped++

      let p = at + 1
      let c = bytes[p]
      const negative = c === 45
      if (negative) c = bytes[++p]
      const from = p
      let value = 0
      for (; c >= 48 && c <= 57; c = bytes[++p]) value = value * 10 + (c - 48)
      let digits = p - from
      let exponent = 0
      if (c === 46) {
        const point = p
        c = bytes[++p]
        for (; c >= 48 && c <= 57; c = bytes[++p]) value = value * 10 + (c - 48)
        exponent = point + 1 - p
        digits -= exponent
      }
      if (c === 101) {
        c = bytes[++p]
        const minus = c === 45
        if (minus || c === 43) c = bytes[++p]
        const start = p
        let power = 0
        for (; c >= 48 && c <= 57; c = bytes[++p]) power = power * 10 + (c - 48)
        exponent += minus ? -power : power
        if (p === start) digits = 0
      }
      if (digits > EXACT_DIGITS_MAX || exponent < -EXACT_POWER_MAX || exponent > EXACT_POWER_MAX) {
        const long = parseDecimal(bytes, from, p)
        if (long === undefined) digits = 0
        else value = long
      } else if (exponent < 0) value /= EXACT_POWERS[-exponent]
      else if (exponent > 0) value *= EXACT_POWERS[exponent]
      if (
        c !== NEWLINE ||
        digits === 0 ||
        flags[entry] !== LIVE ||
        seen[entry] === scrape ||
        id === UNRESOLVED ||
        bytes[at] !== SPACE ||
        row.count >= cellsMax ||
        p >= end
      ) {
        this.#cursor.at = at
        this.#readUnusual(entry, layout, format, rules)
        ;({ ids: rowIds, values: rowValues, entries: rowEntries } = row)
        at = this.#cursor.at
        continue
      }
      at = p + 1
      seen[entry] = scrape
      if (id >= 0) {
        const slot = row.count++
        rowIds[slot] = id
        rowValues[slot] = negative ? -value : value
        rowEntries[slot] = entry
      }
    }
    this.#endRun(runFrom, expected)
  }

  /**
   * Reads a sample that is not plain: new, with a time of its own, twice in one body, over the
   * limit, or a number that needs all its digits. The cursor stands behind the key.
   */
  #readUnusual(entry: number, layout: Layout, format: ExpositionFormat, rules: SampleRules): void {
    const c = this.#cursor
    const keyTo = c.at
    const sample = this.#entry
    sample.keyFrom = keyTo - layout.lengths[entry]
    format.readSample(c, sample)
    const { value } = sample
    const timed = sample.hasTime && rules.honorTimestamps
    const { timeMs } = sample
    const { row } = this
    if (sample.hasExemplar) this.#noteExemplar(entry, sample)
    let id = layout.ids[entry]
    let labels: Labels | undefined
    if (id === UNRESOLVED) {
      const behind = c.at
      labels = this.#resolve(entry, keyTo, layout, format, rules)
      c.at = behind
      id = layout.ids[entry]
    }
    if (id === DROPPED) {
      layout.seen[entry] = layout.scrape
      return
    }
    if (layout.seen[entry] === layout.scrape && !timed) {
      row.kept++
      row.refusals.duplicate++
      return
    }
    const limit = rules.sampleLimit
    if (limit > 0 && row.count + row.timedCount >= limit) {
      row.kept++
      this.#limited = true
      return
    }
    const seenBefore = layout.seen[entry]
    if (seenBefore === 0 || seenBefore < layout.lastGood) {
      row.newSlots.push(timed ? ~row.timedCount : row.count)
    }
    layout.seen[entry] = layout.scrape
    const slot = timed ? ~row.timedCount : row.count
    if (labels !== undefined) row.fresh.push({ entry, labels, slot })
    if (!timed) row.push(entry, id, value)
    else row.pushTimed(entry, id, value, timeMs)
    const tracked = !timed || rules.trackTimestampsStaleness
    if (tracked && layout.flags[entry] !== LIVE) row.turned.push(entry)
    if (!tracked && layout.flags[entry] === LIVE) row.untracked.push(entry)
  }

  /** The labels of a key whose series is not known; undefined when relabelling drops it. */
  #resolve(
    entry: number,
    keyTo: number,
    layout: Layout,
    format: ExpositionFormat,
    rules: SampleRules,
  ): Labels | undefined {
    const c = this.#cursor
    if (this.#lexedAt !== keyTo) {
      c.at = keyTo - layout.lengths[entry]
      format.readKey(c, this.#entry)
    }
    const pairs = readPairs(c, this.#entry, this.#texts)
    normalizeBounds(pairs, this.#typeInForce(layout))
    const labels = seriesLabels(pairs, rules)
    if (labels === undefined) {
      layout.ids[entry] = DROPPED
      layout.flags[entry] = LIVE
    }
    return labels
  }

  /**
   * Finds the entry of the line at `from` when it is not the expected one, or makes it; leaves the
   * cursor behind its key or block.
   *
   * @returns -1 at the end of the body
   */
  #findEntry(
    body: Body,
    from: number,
    expected: number,
    layout: Layout,
    format: ExpositionFormat,
  ): number {
    const c = this.#cursor
    c.at = format.isClosed ? from : skipEmpty(body, from)
    const at = c.at
    const blockTo = commentsEnd(body.bytes, at, body.length, format.isClosed)
    const isBlock = blockTo > at
    const known = isBlock
      ? this.#find(body, at, blockTo, expected, layout)
      : this.#findKey(body, expected, layout, format)
    if (known !== NOT_FOUND) {
      if (isBlock) c.at = blockTo
      return known
    }
    this.#reordered = this.#reordered || expected < this.#knownCount
    if (!isBlock) return this.#addEntry(layout, this.#entry.keyTo - this.#entry.keyFrom)
    const before = this.#typeInForce(layout)
    const comments = readComments(c, blockTo, this.#entry, format, this.#texts, before)
    hashKey(body.view, at, c.at - at)
    this.#metadata.hold(KEY_HASH, comments.families)
    return this.#addEntry(layout, c.at - at, BLOCK - comments.type)
  }

  /** As #find, for the key of a series at the cursor; -1 at the end of the body. */
  #findKey(body: Body, expected: number, layout: Layout, format: ExpositionFormat): number {
    const kind = format.readKey(this.#cursor, this.#entry)
    if (kind === END) return -1
    const { keyFrom, keyTo } = this.#entry
    this.#lexedAt = keyTo
    return this.#find(body, keyFrom, keyTo, expected, layout)
  }

  /** The entry of the bytes in `[from, to)`, first among those expected next; leaves KEY_HASH. */
  #find(body: Body, from: number, to: number, expected: number, layout: Layout): number {
    const length = to - from
    hashKey(body.view, from, length)
    const aheadTo = Math.min(layout.count, expected + AHEAD_MAX)
    for (let i = expected; i < aheadTo; i++) {
      if (
        layout.hashesA[i] === KEY_HASH[0] &&
        layout.hashesB[i] === KEY_HASH[1] &&
        layout.lengths[i] === length
      ) {
        return i
      }
    }
    if (!this.#tableFilled) {
      this.#table.fill(layout)
      this.#tableFilled = true
    }
    const found = this.#table.find(layout, length)
    if (found < 0) return NOT_FOUND
    this.#reordered = true
    return found
  }

  #addEntry(layout: Layout, length: number, id: number = UNRESOLVED): number {
    const entry = layout.add(length, id)
    if (this.#tableFilled) this.#table.add(layout, entry)
    this.row.reserve(layout.count)
    return entry
  }

  /** The family type in force at the cursor. */
  #typeInForce(layout: Layout): number {
    return this.#block < 0 ? TYPE_OTHER : BLOCK - layout.ids[this.#block]
  }

  #endRun(from: number, to: number): void {
    if (from === to) return
    if (this.#runsCount === this.#runs.length) {
      const grown = new Uint32Array(this.#runsCount * 2)
      grown.set(this.#runs)
      this.#runs = grown
    }
    this.#runs[this.#runsCount++] = from
    this.#runs[this.#runsCount++] = to
  }

  /** Takes back what a refused body has added. */
  #abandon(layout: Layout): void {
    for (let i = this.#knownCount; i < layout.count; i++) this.#dropBlock(layout, i)
    layout.truncate(this.#knownCount)
    layout.trim()
  }

  #dropBlock(layout: Layout, i: number): void {
    if (layout.ids[i] > BLOCK) return
    KEY_HASH[0] = layout.hashesA[i]
    KEY_HASH[1] = layout.hashesB[i]
    this.#metadata.release(KEY_HASH)
  }
}

function skipEmpty(body: Body, from: number): number {
  const { bytes, length } = body
  let at = from
  while (at < length && (bytes[at] === NEWLINE || bytes[at] === SPACE || bytes[at] === TAB)) at++
  return at
}
