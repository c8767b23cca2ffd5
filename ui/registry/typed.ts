/** What a chosen file is, what typed labels are, and how many of each sort a plan has. */
import type { PlannedDocument } from '../../src/model/registry.ts'

const TYPES: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  yaml: 'application/yaml',
  yml: 'application/yaml',
  json: 'application/json',
}

/** By the end of its name. */
export function typeOfName(name: string): string | undefined {
  return TYPES[name.slice(name.lastIndexOf('.') + 1).toLowerCase()]
}

/** What a text looks like: an object of JSON, rows with the columns of a CSV file, else YAML. */
export function typeOfText(text: string): string {
  if (/^\s*\{/.test(text)) return TYPES.json
  const [firstLine] = text.trimStart().split('\n', 1)
  const cells = firstLine.split(',').map((cell) => cell.trim().replaceAll('"', ''))
  return cells.includes('group') && cells.includes('target') ? TYPES.csv : TYPES.yaml
}

/** Those of each sort that a plan has. */
export function countActions(
  documents: readonly PlannedDocument[],
): ReadonlyMap<PlannedDocument['action'], number> {
  const counts = new Map<PlannedDocument['action'], number>()
  for (const { action } of documents) counts.set(action, (counts.get(action) ?? 0) + 1)
  return counts
}

/** `env=prod` on each line, as labels. @throws Error for a line that is none */
export function parseLabels(text: string): Readonly<Record<string, string>> {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const pairs = lines.map((line) => {
    const at = line.indexOf('=')
    if (at < 1) throw new Error(`${line.trim()}: wanted name=value`)
    return [line.slice(0, at).trim(), line.slice(at + 1).trim()] as const
  })
  return Object.fromEntries(pairs)
}
