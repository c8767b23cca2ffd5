/** What OpenMetrics 1.0 forbids and Prometheus lets pass: order, suffixes, values, histograms. */
import { NarthexError } from '../base/error.ts'
import {
  type ByteCursor,
  COMMA,
  COMMENT,
  END,
  type Entry,
  HELP,
  newEntry,
  readPairs,
  SERIES,
  TYPE,
} from './exposition.ts'
import { parseFloatText } from './float.ts'
import { openMetricsFormat } from './openmetrics.ts'
import { TextPool } from './textpool.ts'

/** Code points in names and values of an exemplar's labels. @source OpenMetrics 1.0 */
const EXEMPLAR_LENGTH_MAX = 128

/** Suffixes of the samples of each type. */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total', '_created'],
  gauge: [''],
  histogram: ['_bucket', '_count', '_sum', '_created', ''],
  gaugehistogram: ['_bucket', '_gcount', '_gsum', ''],
  summary: ['', '_count', '_sum', '_created'],
  info: ['_info'],
  stateset: [''],
  unknown: [''],
}

/** Samples whose value only grows: never NaN, never below zero. */
const COUNTING: ReadonlySet<string> = new Set([
  'counter_total',
  'histogram_bucket',
  'histogram_count',
  'histogram_sum',
  'gaugehistogram_bucket',
  'gaugehistogram_gcount',
  'summary_count',
  'summary_sum',
])

/** Samples that count things one by one. */
const WHOLE: ReadonlySet<string> = new Set([
  'histogram_bucket',
  'histogram_count',
  'gaugehistogram_bucket',
  'gaugehistogram_gcount',
  'summary_count',
])

const WITH_EXEMPLARS: ReadonlySet<string> = new Set([
  'counter_total',
  'histogram_bucket',
  'gaugehistogram_bucket',
])

/** The samples of one label set of a histogram. */
interface Group {
  readonly key: string
  readonly bounds: number[]
  readonly counts: number[]
  count: number | undefined
  sum: number | undefined
}

interface Family {
  readonly name: string
  type: string
  readonly said: Set<number>
  readonly groups: Set<string>
  group: Group | undefined
  hasSamples: boolean
}

/** @throws NarthexError `bad_data` for what the specification forbids */
export function validateOpenMetrics(body: Uint8Array): void {
  const bytes = new Uint8Array(body.length + 1)
  bytes.set(body)
  bytes[body.length] = 10
  new Validator({ bytes, at: 0, end: body.length }).run()
}

class Validator {
  readonly #c: ByteCursor
  readonly #entry: Entry = newEntry()
  readonly #texts: TextPool = new TextPool()
  readonly #names: Set<string> = new Set()
  #family: Family | undefined

  constructor(c: ByteCursor) {
    this.#c = c
  }

  run(): void {
    for (;;) {
      const kind = openMetricsFormat.readKey(this.#c, this.#entry)
      if (kind === END) break
      if (kind === SERIES) this.#readSeries()
      else if (kind !== COMMENT) this.#readMetadata(kind)
    }
    this.#closeGroup()
  }

  #readMetadata(kind: number): void {
    const { familyFrom, familyTo, textFrom, textTo } = this.#entry
    const name = this.#text(familyFrom, familyTo)
    const family = this.#family?.name === name ? this.#family : this.#open(name)
    if (family.said.has(kind)) throw forbidden(`metadata of ${name} is given twice`)
    if (family.hasSamples) throw forbidden(`metadata of ${name} comes after its samples`)
    family.said.add(kind)
    if (kind === TYPE) family.type = this.#text(textFrom, textTo)
    else if (kind === HELP) this.#text(textFrom, textTo)
  }

  #readSeries(): void {
    const { bytes } = this.#c
    const { keyTo } = this.#entry
    if (bytes[keyTo - 1] === 125 && bytes[keyTo - 2] === COMMA) {
      throw forbidden('a comma stands behind the last label')
    }
    const pairs = readPairs(this.#c, this.#entry, this.#texts)
    openMetricsFormat.readSample(this.#c, this.#entry)
    const name = pairs[1]
    let suffix = this.#suffixOf(name)
    if (suffix === undefined) {
      this.#open(name)
      suffix = ''
    }
    const family = this.#family
    if (family === undefined) return
    family.hasSamples = true
    const { value } = this.#entry
    requireValue(family.type + suffix, value)
    if (family.type === 'summary' && suffix === '' && value < 0) {
      throw forbidden('a quantile is negative')
    }
    if (this.#entry.hasExemplar) this.#requireExemplar(family.type + suffix)
    const bound = family.type === 'summary' ? 'quantile' : 'le'
    const group = this.#groupOf(family, pairs, bound)
    if (suffix === '_bucket') addBucket(group, pairs, value)
    else if (suffix === '_count' || suffix === '_gcount') group.count = value
    else if (suffix === '_sum' || suffix === '_gsum') group.sum = value
  }

  /** The suffix of a sample of the family that is open; undefined when it is of another. */
  #suffixOf(name: string): string | undefined {
    const family = this.#family
    if (family === undefined || !name.startsWith(family.name)) return undefined
    const suffix = name.slice(family.name.length)
    return SUFFIXES[family.type].includes(suffix) ? suffix : undefined
  }

  #open(name: string): Family {
    this.#closeGroup()
    if (this.#names.has(name)) throw forbidden(`the lines of ${name} do not stand together`)
    this.#names.add(name)
    this.#family = {
      name,
      type: 'unknown',
      said: new Set(),
      groups: new Set(),
      group: undefined,
      hasSamples: false,
    }
    return this.#family
  }

  /** The group of a sample: its labels without the bound. */
  #groupOf(family: Family, pairs: readonly string[], bound: string): Group {
    const rest: string[] = []
    for (let i = 2; i < pairs.length; i += 2) {
      if (pairs[i] !== bound) rest.push(JSON.stringify([pairs[i], pairs[i + 1]]))
    }
    const key = rest.sort().join()
    if (family.group?.key === key) return family.group
    this.#closeGroup()
    if (family.groups.has(key)) throw forbidden(`samples of ${family.name} do not stand together`)
    family.groups.add(key)
    family.group = { key, bounds: [], counts: [], count: undefined, sum: undefined }
    return family.group
  }

  #closeGroup(): void {
    const family = this.#family
    if (family?.group === undefined) return
    if (family.type === 'histogram') requireHistogram(family.name, family.group)
    if (family.type === 'gaugehistogram') requireGaugeHistogram(family.name, family.group)
    family.group = undefined
  }

  #requireExemplar(kind: string): void {
    if (!WITH_EXEMPLARS.has(kind)) throw forbidden('an exemplar stands at a sample that has none')
    const { exemplarOffsets } = this.#entry
    let length = 0
    for (let i = 0; i < exemplarOffsets.length; i += 2) {
      length += [...this.#text(exemplarOffsets[i], exemplarOffsets[i + 1])].length
    }
    if (length > EXEMPLAR_LENGTH_MAX) {
      throw forbidden(`an exemplar has labels of ${length} characters, not ${EXEMPLAR_LENGTH_MAX}`)
    }
  }

  #text(from: number, to: number): string {
    const text = this.#texts.decode(this.#c.bytes, from, to)
    if (text === undefined) throw forbidden('a text is not UTF-8')
    return text
  }
}

function requireValue(kind: string, value: number): void {
  if (COUNTING.has(kind) && !(value >= 0)) throw forbidden(`a ${kind} is ${value}`)
  if (WHOLE.has(kind) && !Number.isInteger(value) && value !== Infinity) {
    throw forbidden(`a ${kind} is not whole`)
  }
  if (kind === 'gaugehistogram_gsum' && Number.isNaN(value)) throw forbidden(`a ${kind} is NaN`)
}

function addBucket(group: Group, pairs: readonly string[], value: number): void {
  const at = pairs.indexOf('le', 2)
  const text = at > 0 && at % 2 === 0 ? pairs[at + 1] : ''
  const bound = parseFloatText(text)
  const isSound = typeof bound === 'number' && !Number.isNaN(bound)
  if (!isSound || (bound === Infinity && text !== '+Inf')) {
    throw forbidden(`a bucket has the bound ${JSON.stringify(text)}`)
  }
  const last = group.bounds.length - 1
  if (last >= 0 && bound <= group.bounds[last]) throw forbidden('buckets are out of order')
  if (last >= 0 && value < group.counts[last]) throw forbidden('buckets are not cumulative')
  group.bounds.push(bound)
  group.counts.push(value)
}

function requireHistogram(name: string, group: Group): void {
  requireBuckets(name, group)
  if (group.bounds.length === 0) return
  const { sum, count, bounds } = group
  if (bounds[0] < 0 && sum !== undefined) {
    throw forbidden(`${name} has a sum although it has negative bounds`)
  }
  if (bounds[0] >= 0 && (sum === undefined) !== (count === undefined)) {
    throw forbidden(`${name} has only one of sum and count`)
  }
}

function requireGaugeHistogram(name: string, group: Group): void {
  requireBuckets(name, group)
  const { sum, count, bounds } = group
  if ((sum === undefined) !== (count === undefined)) {
    throw forbidden(`${name} has only one of gsum and gcount`)
  }
  if (sum !== undefined && sum < 0 && !(bounds[0] < 0)) {
    throw forbidden(`${name} has a negative gsum without negative bounds`)
  }
}

function requireBuckets(name: string, group: Group): void {
  const { bounds, counts, count, sum } = group
  const last = bounds.length - 1
  if (last < 0 && count === undefined && sum === undefined) return
  if (last < 0 || bounds[last] !== Infinity) throw forbidden(`${name} has no bucket +Inf`)
  if (count !== undefined && count !== counts[last]) {
    throw forbidden(`${name} has a count that is not its bucket +Inf`)
  }
}

function forbidden(why: string): NarthexError {
  return new NarthexError('bad_data', `OpenMetrics 1.0 forbids: ${why}`)
}
