/** sample.prom: which metrics an exporter has, from one answer of the real one. */
import { NarthexError } from '../../base/error.ts'
import type { Report } from '../../config/report.ts'
import type { SampleMetric } from '../../model/catalogue.ts'
import {
  type ByteCursor,
  END,
  type Entry,
  HELP,
  NEWLINE,
  newEntry,
  readPairs,
  SERIES,
  TYPE,
  unescapeText,
} from '../../wire/exposition.ts'
import { textFormat } from '../../wire/text.ts'
import { TextPool } from '../../wire/textpool.ts'

/** Most families of one sample. */
export const SAMPLE_FAMILIES_MAX = 20_000

/** What an exporter has. */
export interface Sample {
  /** Names that series have; those of a family that is declared but has no series yet among them. */
  readonly names: ReadonlySet<string>
  /** In the order of the text. */
  readonly metrics: readonly SampleMetric[]
}

/** A sample that nothing is in. */
export const EMPTY_SAMPLE: Sample = { names: new Set(), metrics: [] }

/** What the names of the series of a family end in, by its type. */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
}

/**
 * Reads an answer in the text format.
 *
 * @throws SampleFault for a line that is none of it
 */
export function readSample(text: string): Sample {
  const bytes = new TextEncoder().encode(text.endsWith('\n') ? text : `${text}\n`)
  const cursor: ByteCursor = { bytes, at: 0, end: bytes.length - 1 }
  try {
    return new Reader(cursor).read()
  } catch (error) {
    if (!(error instanceof NarthexError)) throw error
    throw new SampleFault(lineAt(bytes, cursor.at), error.message)
  }
}

/** As readSample; a line that is none of it is told to the report. */
export function readSampleFile(text: string, report: Report): Sample | undefined {
  try {
    return readSample(text)
  } catch (error) {
    if (!(error instanceof SampleFault)) throw error
    report.error({ line: error.line, column: 1 }, error.message)
    return undefined
  }
}

/** A line that could not be read. */
export class SampleFault extends NarthexError {
  /** From 1. */
  readonly line: number

  constructor(line: number, message: string) {
    super('bad_data', message)
    this.line = line
  }
}

interface Family {
  type: string
  help: string
}

class Reader {
  readonly #cursor: ByteCursor
  readonly #entry: Entry = newEntry()
  readonly #texts = new TextPool()
  readonly #families = new Map<string, Family>()
  readonly #series = new Set<string>()

  constructor(cursor: ByteCursor) {
    this.#cursor = cursor
  }

  read(): Sample {
    const cursor = this.#cursor
    const entry = this.#entry
    for (;;) {
      const kind = textFormat.readKey(cursor, entry)
      if (kind === END) break
      if (kind === SERIES) {
        const [, name] = readPairs(cursor, entry, this.#texts)
        textFormat.readSample(cursor, entry)
        this.#series.add(name)
      } else if (kind === TYPE) {
        this.#family().type = this.#text(entry.textFrom, entry.textTo)
      } else if (kind === HELP) {
        this.#family().help = unescapeText(this.#text(entry.textFrom, entry.textTo), false)
      }
    }
    return this.#result()
  }

  #family(): Family {
    const name = this.#text(this.#entry.familyFrom, this.#entry.familyTo)
    let family = this.#families.get(name)
    if (family === undefined) {
      family = { type: 'untyped', help: '' }
      this.#families.set(name, family)
      if (this.#families.size > SAMPLE_FAMILIES_MAX) {
        throw new NarthexError('bad_data', `more than ${SAMPLE_FAMILIES_MAX} metric families`)
      }
    }
    return family
  }

  #text(from: number, to: number): string {
    return this.#texts.decode(this.#cursor.bytes, from, to) ?? ''
  }

  #result(): Sample {
    const names = new Set(this.#series)
    const declared = new Set<string>()
    for (const [name, { type }] of this.#families) {
      for (const suffix of SUFFIXES[type] ?? ['']) declared.add(name + suffix)
    }
    const undeclared = [...this.#series].filter((name) => !declared.has(name))
    for (const name of declared) names.add(name)
    const metrics = [
      ...[...this.#families].map(([name, family]) => ({ name, ...family })),
      ...undeclared.map((name) => ({ name, type: 'untyped', help: '' })),
    ]
    return { names, metrics }
  }
}

function lineAt(bytes: Uint8Array, at: number): number {
  let line = 1
  for (let i = 0; i < at; i++) if (bytes[i] === NEWLINE) line++
  return line
}
