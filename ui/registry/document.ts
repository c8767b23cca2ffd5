/** Documents as the page shows them: what they list, and how their text is laid out for editing. */
import type { DocumentKind, TargetEntry } from '../../src/model/registry.ts'

/** One exporter of a node. */
interface Exporter {
  readonly job: string
  readonly port: number
}

export interface Service {
  readonly labels?: Readonly<Record<string, string>>
  readonly nodes: readonly {
    readonly host: string
    readonly labels?: Readonly<Record<string, string>>
    readonly exporters: readonly Exporter[]
  }[]
}

/** What an editor begins with. */
export const NEW_DOCUMENT: Readonly<Record<DocumentKind, string>> = {
  group: `[
  {
    "targets": [],
    "labels": {}
  }
]
`,
  service: `{
  "labels": {},
  "nodes": [
    {
      "host": "",
      "labels": {},
      "exporters": [
        {"job": "node", "port": 9100}
      ]
    }
  ]
}
`,
}

/** Longest list or object that stays on one line. */
const LINE_CHARS_MAX = 80

/** The text of a document for people; short lists and objects stay on one line. */
export function layOut(text: string): string {
  return `${write(JSON.parse(text), '')}\n`
}

function write(value: unknown, indent: string): string {
  const flat = writeFlat(value)
  const isLeaf = typeof value !== 'object' || value === null
  if (isLeaf || (indent !== '' && indent.length + flat.length <= LINE_CHARS_MAX)) return flat
  const inside = `${indent}  `
  const lines = Array.isArray(value)
    ? value.map((item) => inside + write(item, inside))
    : Object.entries(value).map(
        ([key, item]) => `${inside}${JSON.stringify(key)}: ${write(item, inside)}`,
      )
  if (lines.length === 0) return flat
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`
}

function writeFlat(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(writeFlat).join(', ')}]`
  const pairs = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)}: ${writeFlat(item)}`,
  )
  return `{${pairs.join(', ')}}`
}

/** The entries of a group. */
export function entriesOf(text: string): readonly TargetEntry[] {
  return JSON.parse(text) as readonly TargetEntry[]
}

export function serviceOf(text: string): Service {
  return JSON.parse(text) as Service
}

/** Why a name cannot be had; '' when it can. The server says the same of what is longer or stranger. */
export function refuseName(name: string): string {
  if (name.trim() === '') return 'It needs a name.'
  if (name === '.' || name === '..') return 'That is a step between folders.'
  return /[/\\]/.test(name) ? 'A name has no slash.' : ''
}
