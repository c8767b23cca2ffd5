/** entry.yaml: what an entry is called, where its exporter listens, how it is recognised. */
import { NarthexError } from '../../base/error.ts'
import type { Report } from '../../config/report.ts'
import { text, truth } from '../../config/scalars.ts'
import { entriesOf, listOf, type MapPlace, mapOf, type Shape, scalar } from '../../config/shape.ts'
import { tryParseUrl } from '../../config/url.ts'
import { EMPTY_MAP, parseYaml } from '../../config/yaml.ts'
import type { Category, EntryDetail } from '../../model/catalogue.ts'

/** The categories, in the order of menus. */
export const CATEGORIES: readonly Category[] = [
  'Database',
  'Hardware',
  'HTTP',
  'Library',
  'Logging',
  'Messaging',
  'Miscellaneous',
  'Monitoring',
  'Software',
  'Storage',
]

/** Longest name, title and sentence, in UTF-16 units. */
const NAME_LENGTH_MAX = 64
const TITLE_LENGTH_MAX = 100
const DESCRIPTION_LENGTH_MAX = 400

/** What entry.yaml says. */
export interface EntryFacts
  extends Pick<
    EntryDetail,
    | 'name'
    | 'title'
    | 'category'
    | 'description'
    | 'upstream'
    | 'official'
    | 'port'
    | 'path'
    | 'recognise'
    | 'recorded'
  > {
  /** Whether its content was held against the exporter. */
  readonly isVerified: boolean
  readonly misses: ReadonlyMap<string, string>
}

interface RawRecorded {
  readonly version: string
  readonly with: string
}

interface RawEntry extends Omit<EntryFacts, 'isVerified' | 'misses' | 'category'> {
  readonly category: Category | undefined
  readonly verified: boolean
  readonly misses: readonly (readonly [string, string])[]
}

const recorded: Shape<RawRecorded | undefined> = optional(
  mapOf<RawRecorded, RawRecorded>(
    'recorded',
    { version: bounded(TITLE_LENGTH_MAX), with: bounded(TITLE_LENGTH_MAX) },
    (raw) => raw,
    (raw, place) => require(raw, ['version'], place),
  ),
)

const entryShape: Shape<EntryFacts> = mapOf<RawEntry, EntryFacts>(
  'entry',
  {
    name: bounded(NAME_LENGTH_MAX),
    title: bounded(TITLE_LENGTH_MAX),
    category: scalar<Category | undefined>('a category', readCategory, undefined),
    description: bounded(DESCRIPTION_LENGTH_MAX),
    upstream: scalar('a URL', readWebUrl, ''),
    official: truth(false),
    port: scalar('a port', readPort, 0),
    path: scalar('a path', readPath, '/metrics'),
    recognise: listOf(scalar('a metric name', readMetricName, ''), 'an empty name of a metric'),
    verified: truth(false),
    recorded,
    misses: entriesOf(text),
  },
  ({ verified, misses, category, ...raw }) => ({
    ...raw,
    category: category ?? 'Miscellaneous',
    isVerified: verified,
    misses: new Map(misses),
  }),
  checkEntry,
)

/**
 * Reads entry.yaml.
 *
 * @param folder name of the folder that it stands in
 * @returns undefined when the report has got errors
 */
export function readEntryFacts(
  source: string,
  folder: string,
  report: Report,
): EntryFacts | undefined {
  const { root, faults } = parseYaml(source)
  for (const { mark, message } of faults) report.error(mark, message)
  if (report.errors.length > 0) return undefined
  const node = root ?? EMPTY_MAP
  const facts = entryShape.read(node, { report, dir: '', name: 'entry', mark: node.mark })
  if (report.errors.length === 0 && facts.name !== folder) {
    const seen = `${JSON.stringify(facts.name)}, wanted ${JSON.stringify(folder)}`
    report.error(node.mark, `cannot read name: ${seen}, the name of its folder`)
  }
  return report.errors.length > 0 ? undefined : facts
}

/** Whether a folder may hold an entry by its name. */
export function isEntryName(name: string): boolean {
  return name.length <= NAME_LENGTH_MAX && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)
}

function checkEntry(raw: RawEntry, place: MapPlace): void {
  require(raw, ['name', 'title', 'description'], place)
  if (raw.category === undefined) place.report.error(place.mark, 'cannot read entry: no category')
  if (raw.port === 0) place.report.error(place.mark, 'cannot read entry: no port')
  if (raw.recognise.length === 0) {
    const message = 'no metric in recognise, wanted those that tell the exporter'
    place.report.error(place.at('recognise'), `cannot read entry: ${message}`)
  }
  for (const [metric, reason] of raw.misses) {
    if (reason !== '') continue
    place.report.error(place.at('misses'), `cannot read misses: no reason for ${metric}`)
  }
}

function require<T>(raw: T, keys: readonly (keyof T & string)[], place: MapPlace): void {
  for (const key of keys) {
    if (raw[key] === '') place.report.error(place.mark, `cannot read ${place.name}: no ${key}`)
  }
}

function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return {
    read: (node, place) => (node === undefined ? undefined : shape.read(node, place)),
    show: (node) => shape.show(node),
  }
}

/** A text of one line. */
function bounded(lengthMax: number): Shape<string> {
  return scalar(
    'a text',
    (value, place) => {
      if (value.includes('\n')) throw refused(place.name, 'several lines', 'one')
      if (value.length <= lengthMax) return value
      throw refused(place.name, `${value.length} characters`, `at most ${lengthMax}`)
    },
    '',
  )
}

function readCategory(value: string): Category {
  const category = CATEGORIES.find((known) => known === value)
  if (category !== undefined) return category
  throw refused('category', JSON.stringify(value), `one of ${CATEGORIES.join(', ')}`)
}

function readPort(value: string): number {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 0
  if (port > 0 && port < 65_536) return port
  throw refused('port', JSON.stringify(value), 'a number from 1 to 65535')
}

function readPath(value: string): string {
  if (/^\/[!-~]*$/.test(value)) return value
  throw refused('path', JSON.stringify(value), 'one that begins with /')
}

/** Only the web: a page makes a link of it. */
function readWebUrl(value: string): string {
  const parts = tryParseUrl(value)
  if (parts !== undefined && /^https?:\/\/[^/]/.test(value)) return value
  throw refused('upstream', JSON.stringify(value), 'an http or https URL')
}

function readMetricName(value: string): string {
  if (/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(value)) return value
  throw refused('recognise', JSON.stringify(value), 'a metric name')
}

function refused(what: string, seen: string, wanted: string): NarthexError {
  return new NarthexError('bad_data', `cannot read ${what}: ${seen}, wanted ${wanted}`)
}
