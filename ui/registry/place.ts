/** Where in a document the problems stand that the server has found. */
import type { DocumentKind, Problem } from '../../src/model/registry.ts'
import { type JsonNode, type ReadJson, readJson } from './json.ts'

/** A problem with its place in the text; `to` is past `from` unless the text is empty. */
export interface PlacedProblem {
  readonly from: number
  readonly to: number
  /** Such as `[1].targets[0]`; '' for the document. */
  readonly place: string
  readonly reason: string
}

/** The server cuts names after so many characters. */
const NAME_CHARS_MAX = 80

/** What keeps a text from being JSON; undefined when nothing does. */
export function syntaxProblem(text: string): PlacedProblem | undefined {
  const read = readJson(text)
  if (!('fault' in read)) return undefined
  const { at, message } = read.fault
  // A fault at the end has no character of its own: the last one carries the mark.
  const from = Math.max(0, Math.min(at, text.trimEnd().length - 1))
  return { from, to: Math.min(text.length, from + 1), place: '', reason: message }
}

/** The problems by their places in the text that was sent. */
export function placeProblems(
  text: string,
  kind: DocumentKind,
  problems: readonly Problem[],
): PlacedProblem[] {
  const read = readJson(text)
  return problems.map(({ index, field, reason }) => ({
    ...placeOf(read, kind, index, field),
    place: (index < 0 ? '' : `[${index}]`) + (index < 0 || field === '' ? field : `.${field}`),
    reason,
  }))
}

interface Range {
  readonly from: number
  readonly to: number
}

function placeOf(read: ReadJson, kind: DocumentKind, index: number, field: string): Range {
  if (!('root' in read)) return { from: 0, to: 0 }
  const list = kind === 'group' ? read.root : memberOf(read.root, 'nodes')
  const item = list?.kind === 'list' ? list.items.at(index) : undefined
  if (index >= 0 && item === undefined) return beginningOf(read.root)
  return placeOfField(index < 0 || item === undefined ? read.root : item, field)
}

/** What a field such as `labels.db-name` or `exporters[1].port` means; the nearest thing around it. */
function placeOfField(node: JsonNode, field: string): Range {
  if (field === '') return beginningOf(node)
  if (node.kind === 'object') {
    const whole = node.members.find(({ key }) => isNamed(key, field))
    if (whole !== undefined) return { from: whole.from, to: endOf(whole.value) }
  }
  const [, name, rest] = /^([^.[]+)[.]?(.*)$/s.exec(field) ?? []
  const [, index, after] = /^\[(\d+)\][.]?(.*)$/s.exec(field) ?? []
  if (index !== undefined && node.kind === 'list') {
    const item = node.items.at(Number(index))
    return item === undefined ? beginningOf(node) : placeOfField(item, after)
  }
  const member = name === undefined ? undefined : memberOf(node, name)
  return member === undefined ? beginningOf(node) : placeOfField(member, rest)
}

function isNamed(key: string, name: string): boolean {
  return key === name || (name.length >= NAME_CHARS_MAX && key.startsWith(name))
}

function memberOf(node: JsonNode, name: string): JsonNode | undefined {
  if (node.kind !== 'object') return undefined
  return node.members.find(({ key }) => key === name)?.value
}

/** A value is marked whole, what has others inside by its bracket. */
function beginningOf(node: JsonNode): Range {
  return { from: node.from, to: endOf(node) }
}

function endOf(node: JsonNode): number {
  return node.kind === 'value' ? node.to : node.from + 1
}
