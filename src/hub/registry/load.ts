/** Reads files of documents: JSON and YAML as a map of them, CSV as a row for each target. */
import { NarthexError } from '../../base/error.ts'
import { readBlockYaml } from '../../config/blockyaml.ts'
import { parseYaml, toPlain } from '../../config/yaml.ts'
import type { DocumentKind, TargetEntry } from '../../model/registry.ts'
import { parseCsv } from './csv.ts'
import {
  keepOnce,
  keyOfLabels,
  LABELS_MAX,
  type LabelRecord,
  Problems,
  readDocument,
} from './document.ts'
import { refuseName } from './name.ts'
import { expandService, readService, type Service } from './service.ts'
import { nameOf, refuseLabel, refuseTarget } from './target.ts'

/** A document of a file. */
export interface LoadedDocument {
  /** What is stored. */
  readonly body: readonly TargetEntry[] | Service
  readonly targets: number
  /** Kept once. */
  readonly repeated: readonly string[]
}

/** By the names of groups or services. */
export type LoadedDocuments = ReadonlyMap<string, LoadedDocument>

/**
 * Reads a file of groups; what is wrong with it is in `problems`, and then it is not to be used.
 *
 * @param type media type without parameters
 * @throws NarthexError `bad_data` for a type that is not known, and text that is not of its type
 */
export function readGroups(type: string, text: string, problems: Problems): LoadedDocuments {
  switch (formatOf(type)) {
    case 'json':
      return readMap(parseJson(text), 'groups', readGroup, problems)
    case 'yaml':
      return readYaml(text, 'groups', readGroup, problems)
    case 'csv':
      return readRows(text, problems)
  }
}

/** As `readGroups`, of services; those have no rows. */
export function readServices(type: string, text: string, problems: Problems): LoadedDocuments {
  switch (formatOf(type)) {
    case 'json':
      return readMap(parseJson(text), 'services', readOneService, problems)
    case 'yaml':
      return readYaml(text, 'services', readOneService, problems)
    case 'csv':
      throw new NarthexError(
        'bad_data',
        'cannot use text/csv for services: wanted application/json or application/yaml',
      )
  }
}

export type FileFormat = 'json' | 'yaml' | 'csv'

/** @throws NarthexError `bad_data` */
export function formatOf(type: string): FileFormat {
  switch (type) {
    case 'application/json':
      return 'json'
    case 'application/yaml':
    case 'application/x-yaml':
    case 'text/yaml':
      return 'yaml'
    case 'text/csv':
      return 'csv'
    default:
      throw new NarthexError(
        'bad_data',
        `cannot use ${JSON.stringify(type)}: wanted application/json, application/yaml or text/csv`,
      )
  }
}

type ReadOne = (value: unknown, problems: Problems) => LoadedDocument

/** A document of either kind; what is wrong with it is in `problems`, and then it is not to be used. */
export function readOne(kind: DocumentKind, value: unknown, problems: Problems): LoadedDocument {
  return kind === 'group' ? readGroup(value, problems) : readOneService(value, problems)
}

function readGroup(value: unknown, problems: Problems): LoadedDocument {
  const { entries, ...read } = readDocument(value, problems)
  return { body: entries, ...read }
}

/** What a service comes to is looked at only where the service itself is right. */
function readOneService(value: unknown, problems: Problems): LoadedDocument {
  const before = problems.list.length
  const body = readService(value, problems)
  if (problems.list.length > before) return { body, targets: 0, repeated: [] }
  const { targets, repeated } = readDocument(expandService(body), problems)
  return { body, targets, repeated }
}

/** @throws NarthexError `bad_data` */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new NarthexError('bad_data', `cannot read JSON: ${(error as Error).message}`, error)
  }
}

/** @throws NarthexError `bad_data` */
function readYaml(
  text: string,
  what: string,
  readOne: ReadOne,
  problems: Problems,
): LoadedDocuments {
  const plain = readBlockYaml(text)
  if (plain !== undefined) return readMap(plain, what, readOne, problems)
  const { root, faults } = parseYaml(text)
  const [fault] = faults
  if (fault !== undefined) {
    const { line, column } = fault.mark
    throw new NarthexError('bad_data', `cannot read YAML: ${line}:${column}: ${fault.message}`)
  }
  const names = root?.kind === 'map' ? root.entries.map(({ key }) => key) : []
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) problems.add(-1, name.slice(0, 80), 'is there twice')
    seen.add(name)
  }
  return readMap(root && toPlain(root), what, readOne, problems)
}

function readMap(
  value: unknown,
  what: string,
  readOne: ReadOne,
  problems: Problems,
): LoadedDocuments {
  const documents = new Map<string, LoadedDocument>()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.add(-1, '', `is ${nameOf(value)}, wanted a map of the names of ${what} to each`)
    return documents
  }
  for (const [name, document] of Object.entries(value)) {
    const reason = refuseName(name)
    if (reason !== undefined) problems.add(-1, name.slice(0, 80), reason)
    const own = new Problems()
    documents.set(name, readOne(document, own))
    for (const { index, field, reason: why } of own.list) {
      problems.add(index, field === '' ? name : `${name}.${field}`, why)
    }
  }
  return documents
}

/** How a column is called that is a label with the name of another column: `labels.group`. */
export const LABEL_PREFIX = 'labels.'

/** Columns `group` and `target`, and one for each label; an empty cell is no label. */
function readRows(text: string, problems: Problems): LoadedDocuments {
  const [head, ...rows] = parseCsv(text)
  const names = head?.cells ?? []
  const [groupAt, targetAt] = [names.indexOf('group'), names.indexOf('target')]
  if (groupAt < 0 || targetAt < 0) {
    problems.add(1, names.join(','), 'has no columns group and target in its first row')
    return new Map()
  }
  const columns = readHead(names, problems)
  const entries = new Map<string, Map<string, { targets: string[]; labels: LabelRecord }>>()
  for (const { line, cells } of rows) {
    if (cells.length > names.length) {
      problems.add(line, '', `has ${cells.length} cells, the first row has ${names.length}`)
      continue
    }
    const group = cells[groupAt] ?? ''
    const target = cells[targetAt] ?? ''
    const labels = readCells(columns, cells, line, problems)
    const count = Object.keys(labels).length
    if (count > LABELS_MAX) {
      problems.add(line, '', `has ${count} labels, the bound is ${LABELS_MAX}`)
    }
    for (const [field, reason] of [
      ['group', refuseName(group)],
      ['target', refuseTarget(target)],
    ] as const) {
      if (reason !== undefined) problems.add(line, field, reason)
    }
    const ofGroup = entries.get(group) ?? new Map()
    entries.set(group, ofGroup)
    const key = keyOfLabels(labels)
    const entry = ofGroup.get(key) ?? { targets: [], labels }
    ofGroup.set(key, entry)
    entry.targets.push(target)
  }
  return readEntries(entries, problems)
}

/** A label and where its column is. */
interface Column {
  readonly name: string
  readonly label: string
  readonly at: number
}

/** The columns of labels; one that is wrong is told once, not with each row. */
function readHead(names: readonly string[], problems: Problems): Column[] {
  const columns: Column[] = []
  for (const [at, name] of names.entries()) {
    const isFirst = names.indexOf(name) === at
    if (!isFirst) problems.add(1, name, 'is there twice')
    if (!isFirst || name === 'group' || name === 'target') continue
    const label = name.startsWith(LABEL_PREFIX) ? name.slice(LABEL_PREFIX.length) : name
    const reason = refuseLabel(label, '')
    if (reason === undefined) columns.push({ name, label, at })
    else problems.add(1, name, reason)
  }
  return columns
}

function readCells(
  columns: readonly Column[],
  cells: readonly string[],
  line: number,
  problems: Problems,
): LabelRecord {
  const labels: LabelRecord = Object.create(null)
  for (const { name, label, at } of columns) {
    const value = cells.at(at) ?? ''
    if (value === '') continue
    const reason = refuseLabel(label, value)
    if (reason !== undefined) problems.add(line, name, reason)
    else labels[label] = value
  }
  return labels
}

/** Rows were checked one by one: what is left to find are targets that are there twice. */
function readEntries(
  groups: ReadonlyMap<string, ReadonlyMap<string, TargetEntry>>,
  problems: Problems,
): LoadedDocuments {
  if (problems.list.length > 0) return new Map()
  const read = [...groups].map(([name, ofGroup]) => {
    const { entries, ...counts } = keepOnce([...ofGroup.values()])
    return [name, { body: entries, ...counts }] as const
  })
  return new Map(read)
}
