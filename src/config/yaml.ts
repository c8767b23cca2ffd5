/** YAML text as a small tree with positions, anchors resolved and everything bounded. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type Scalar,
} from 'yaml'
import { messageOf } from '../base/error.ts'

/** Where something stands; both from 1. */
export interface Mark {
  readonly line: number
  readonly column: number
}

/** A text. What it means (number, truth, nothing) is for its reader to say. */
export interface YamlScalar {
  readonly kind: 'scalar'
  readonly text: string
  /** Plain and empty, `~` or `null`. */
  readonly isNull: boolean
  readonly mark: Mark
}

export interface YamlEntry {
  readonly key: string
  readonly keyMark: Mark
  readonly value: YamlNode
}

/** Entries in the order of the text; the same key may stand there twice. */
export interface YamlMap {
  readonly kind: 'map'
  readonly entries: readonly YamlEntry[]
  readonly mark: Mark
}

export interface YamlList {
  readonly kind: 'list'
  readonly items: readonly YamlNode[]
  readonly mark: Mark
}

export type YamlNode = YamlScalar | YamlMap | YamlList

/** What an absent section is printed like. */
export const EMPTY_MAP: YamlMap = { kind: 'map', entries: [], mark: { line: 1, column: 1 } }

/** A fault of the text itself. */
export interface YamlFault {
  readonly mark: Mark
  readonly message: string
}

/** Longest text taken, in UTF-16 units. */
export const YAML_LENGTH_MAX = 16_777_216
/** Deepest nesting taken. */
export const YAML_DEPTH_MAX = 64
/** Most uses of anchors in one text. */
export const YAML_ALIASES_MAX = 1000
/** Most nodes after anchors are resolved. */
export const YAML_NODES_MAX = 2_000_000

const START: Mark = { line: 1, column: 1 }

/** Hands back the tree (undefined for an empty text), or the faults of the text. */
export function parseYaml(text: string): {
  readonly root: YamlNode | undefined
  readonly faults: readonly YamlFault[]
} {
  if (text.length > YAML_LENGTH_MAX) {
    return refuse(
      START,
      `a text of ${text.length} characters, at most ${YAML_LENGTH_MAX} are taken`,
    )
  }
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    schema: 'failsafe',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  })
  if (document.errors.length > 0) {
    const faults = document.errors.map((error) => ({
      mark: markAt(lines, error.pos[0]),
      message: FAULT_WORDS[error.code] ?? messageOf(error),
    }))
    return { root: undefined, faults }
  }
  if (document.contents === null) return { root: undefined, faults: [] }
  try {
    const converter = new Converter(document, lines)
    return { root: converter.node(document.contents, START, 0), faults: [] }
  } catch (error) {
    if (error instanceof Refusal) return refuse(error.mark, error.message)
    throw error
  }
}

const FAULT_WORDS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'a tab in the indentation, YAML wants spaces',
  RESOURCE_EXHAUSTION: `nested deeper than ${YAML_DEPTH_MAX} levels`,
}

function refuse(mark: Mark, message: string): { root: undefined; faults: YamlFault[] } {
  return { root: undefined, faults: [{ mark, message }] }
}

function markAt(lines: LineCounter, offset: number): Mark {
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}

/** Ends the conversion; never leaves this file. */
class Refusal extends Error {
  readonly mark: Mark

  constructor(mark: Mark, message: string) {
    super(message)
    this.mark = mark
  }
}

/** Turns the parser's nodes into ours, counting what anchors multiply. */
class Converter {
  readonly #document: Document
  readonly #lines: LineCounter
  #nodeCount = 0
  #aliasCount = 0

  constructor(document: Document, lines: LineCounter) {
    this.#document = document
    this.#lines = lines
  }

  /** @param parent where an absent node (`key:` with nothing) is said to stand */
  node(node: unknown, parent: Mark, depth: number): YamlNode {
    if (node === null || node === undefined) return nullAt(parent)
    const range = (node as { range?: readonly number[] }).range
    const mark = range ? markAt(this.#lines, range[0]) : parent
    if (depth > YAML_DEPTH_MAX)
      throw new Refusal(mark, `nested deeper than ${YAML_DEPTH_MAX} levels`)
    if (++this.#nodeCount > YAML_NODES_MAX) {
      throw new Refusal(mark, `more than ${YAML_NODES_MAX} values`)
    }
    if (isAlias(node)) {
      if (++this.#aliasCount > YAML_ALIASES_MAX) {
        throw new Refusal(mark, `more than ${YAML_ALIASES_MAX} uses of anchors`)
      }
      const source = node.resolve(this.#document)
      if (source === undefined)
        throw new Refusal(mark, `no anchor named ${node.source} before this`)
      return this.node(source, mark, depth + 1)
    }
    if (isScalar(node)) return this.#scalar(node, mark)
    if (isSeq(node)) {
      const items = node.items.map((item) => this.node(item, mark, depth + 1))
      return { kind: 'list', items, mark }
    }
    if (isMap(node)) return { kind: 'map', entries: this.#entries(node.items, mark, depth), mark }
    throw new Refusal(mark, 'something that is neither text, list nor map')
  }

  #scalar(node: Scalar, mark: Mark): YamlScalar {
    if (node.tag === 'tag:yaml.org,2002:binary') {
      const source = typeof node.source === 'string' ? node.source : ''
      return { kind: 'scalar', text: decodeBinary(source, mark), isNull: false, mark }
    }
    const text = String(node.value ?? '')
    const isNull =
      node.type === 'PLAIN' && node.tag === undefined && /^(~|null|Null|NULL|)$/.test(text)
    return { kind: 'scalar', text, isNull, mark }
  }

  #entries(pairs: readonly Pair[], parent: Mark, depth: number): YamlEntry[] {
    const own: YamlEntry[] = []
    const merged: YamlEntry[] = []
    for (const pair of pairs) {
      const key = this.node(pair.key, parent, depth + 1)
      if (key.kind !== 'scalar') throw new Refusal(key.mark, 'a key that is a list or a map')
      const value = this.node(pair.value, key.mark, depth + 1)
      if (key.text === '<<') merged.push(...mergedEntries(value))
      else own.push({ key: key.text, keyMark: key.mark, value })
    }
    const known = new Set(own.map((entry) => entry.key))
    for (const entry of merged) {
      if (!known.has(entry.key)) own.push(entry)
      known.add(entry.key)
    }
    return own
  }
}

function nullAt(mark: Mark): YamlScalar {
  return { kind: 'scalar', text: '', isNull: true, mark }
}

/** The entries that `<<` brings in: of one map, or of several, the first winning. */
function mergedEntries(value: YamlNode): readonly YamlEntry[] {
  if (value.kind === 'map') return value.entries
  if (value.kind === 'list') return value.items.flatMap(mergedEntries)
  throw new Refusal(value.mark, 'a merge (<<) of something that is not a map')
}

/**
 * Text of base64; bytes that are not UTF-8 become lone surrogates, which no name check lets pass.
 */
function decodeBinary(source: string, mark: Mark): string {
  const packed = source.replaceAll(/\s/g, '')
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(packed)) {
    throw new Refusal(mark, '!!binary value contains invalid base64 data')
  }
  const bytes = Buffer.from(packed, 'base64')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    // Not UTF-8: the one case that the line below is for.
    return Array.from(bytes, (byte) =>
      String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte),
    ).join('')
  }
}

/** A text in double quotes, the bytes that decodeBinary could not decode as `\xff`. */
export function quoteText(text: string): string {
  const quoted = JSON.stringify(text)
  return quoted.replaceAll(/\\udc([89a-f][0-9a-f])/g, '\\x$1')
}

/** The tree as JSON would have it, every scalar a text. */
export function toPlain(node: YamlNode): unknown {
  if (node.kind === 'scalar') return node.isNull ? null : node.text
  if (node.kind === 'list') return node.items.map(toPlain)
  const plain: Record<string, unknown> = Object.create(null)
  for (const entry of node.entries) plain[entry.key] = toPlain(entry.value)
  return plain
}
