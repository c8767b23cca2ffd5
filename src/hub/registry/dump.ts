/** Writes files of documents, as they are read again. */
import { NarthexError } from '../../base/error.ts'
import type { DocumentKind, StoredDocument, TargetEntry } from '../../model/registry.ts'
import type { LabelRecord } from './document.ts'
import { formatOf, LABEL_PREFIX } from './load.ts'

/**
 * All documents in one text.
 *
 * @param type media type without parameters
 * @throws NarthexError `bad_data` for a type that is not known, and for services as rows
 */
export function writeDocuments(
  kind: DocumentKind,
  documents: readonly StoredDocument[],
  type: string,
): string {
  switch (formatOf(type)) {
    case 'json':
      return writeJson(documents)
    case 'yaml':
      return writeYaml(documents)
    case 'csv':
      if (kind === 'group') return writeRows(documents)
      throw new NarthexError(
        'bad_data',
        'cannot write services as text/csv: wanted application/json or application/yaml',
      )
  }
}

function writeJson(documents: readonly StoredDocument[]): string {
  const pairs = documents.map(({ name, body }) => `  ${JSON.stringify(name)}: ${body}`)
  return pairs.length === 0 ? '{}\n' : `{\n${pairs.join(',\n')}\n}\n`
}

/** Every text is in quotes, as JSON writes it: then YAML takes none for something else. */
function writeYaml(documents: readonly StoredDocument[]): string {
  if (documents.length === 0) return '{}\n'
  return documents
    .map(({ name, body }) => `${quote(name)}:${writeNode(JSON.parse(body), 1)}`)
    .join('')
}

/** What stands behind a colon or a dash, to the end of its last line. */
function writeNode(value: unknown, depth: number): string {
  if (typeof value !== 'object' || value === null) {
    return ` ${typeof value === 'string' ? quote(value) : String(value)}\n`
  }
  const margin = '  '.repeat(depth)
  if (Array.isArray(value)) {
    if (value.length === 0) return ' []\n'
    return `\n${value.map((each) => `${margin}-${writeItem(each, depth)}`).join('')}`
  }
  const pairs = Object.entries(value)
  if (pairs.length === 0) return ' {}\n'
  return `\n${pairs.map(([name, each]) => `${margin}${quote(name)}:${writeNode(each, depth + 1)}`).join('')}`
}

/** An item of a list; the first field of an object stands behind the dash. */
function writeItem(value: unknown, depth: number): string {
  const text = writeNode(value, depth + 1)
  return text.startsWith('\n') ? ` ${text.slice(1).trimStart()}` : text
}

/** A text that needs no quotes goes without: names that are words of our own. */
function quote(text: string): string {
  return ['targets', 'labels', 'nodes', 'host', 'exporters', 'job', 'port'].includes(text)
    ? text
    : escapeControls(JSON.stringify(text))
}

/** JSON leaves some characters as they are that YAML does not take. */
function escapeControls(text: string): string {
  return text.replaceAll(/[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** A row for each target; a label is a column, called otherwise where it has the name of another. */
function writeRows(documents: readonly StoredDocument[]): string {
  const rows = documents.flatMap(({ name, body }) =>
    (JSON.parse(body) as readonly TargetEntry[]).flatMap(({ targets, labels = {} }) =>
      targets.map((target) => ({ name, target, labels })),
    ),
  )
  const names = [...new Set(rows.flatMap(({ labels }) => Object.keys(labels)))].sort()
  const head = names.map((name) =>
    name === 'group' || name === 'target' ? `${LABEL_PREFIX}${name}` : name,
  )
  const lines = rows.map(({ name, target, labels }) => [
    ...[name, target],
    ...names.map((label) => textOf(labels, label)),
  ])
  return [['group', 'target', ...head], ...lines]
    .map((cells) => `${cells.map(writeCell).join(',')}\n`)
    .join('')
}

function textOf(labels: Readonly<LabelRecord>, name: string): string {
  return Object.hasOwn(labels, name) ? labels[name] : ''
}

/** In quotes where reading it would end, trim or cut it otherwise. */
function writeCell(text: string): string {
  return /[",\r\n]|^\s|\s$|^\uFEFF/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
