/** Tells from the files of a source which entries it has: ours, and what others are used to. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { parseYaml } from '../../config/yaml.ts'
import { isEntryName } from '../catalogue/entryshape.ts'
import { ENTRY_FILE_BYTES_MAX, type EntryFileName } from '../catalogue/folder.ts'
import type { SourceTexts } from '../catalogue/shelf.ts'

/** A file of a source; its path is relative, with `/`. */
export interface SourceFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/** What a source has. */
export interface Layout {
  readonly entries: ReadonlyMap<string, SourceTexts>
  /** Files that could not be used, `path: message`. */
  readonly faults: readonly string[]
}

/** Most entries of one source, and most faults that are told of it. */
export const SOURCE_ENTRIES_MAX = 1000
const FAULTS_MAX = 50

/** Whether a file may be content at all; others, hidden ones and paths that lead out are not even read. */
export function isContentPath(path: string): boolean {
  return /\.(?:ya?ml|json|md|prom)$/i.test(path) && !/(?:^|\/)(?:\.|\/)|^\/|[\0\\]/.test(path)
}

/**
 * Sorts files into entries; which kind of folder it is may differ from folder to folder. Others get
 * their turn between files, because there may be many.
 *
 * @param isOurs whether each folder is known to be an entry of ours, even without an entry.yaml
 */
export async function readLayout(files: readonly SourceFile[], isOurs = false): Promise<Layout> {
  const reader = new LayoutReader(isOurs)
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const folders = Map.groupBy(sorted, ({ path }) => path.slice(0, path.lastIndexOf('/') + 1))
  for (const [folder, inside] of folders) await reader.read(folder, inside)
  return reader
}

/** `<exporter>_helm.yaml` and its like. */
const SUFFIXED = /^(.+)_(helm|alert|dashboard)s?\.(?:ya?ml|json)$/i
const SUFFIXED_FILES: Readonly<Record<string, EntryFileName>> = {
  helm: 'helm.yaml',
  alert: 'alerts.yaml',
  dashboard: 'dashboard.json',
}

class LayoutReader implements Layout {
  readonly entries = new Map<string, Map<EntryFileName, string>>()
  readonly faults: string[] = []
  readonly #isOurs: boolean

  constructor(isOurs: boolean) {
    this.#isOurs = isOurs
  }

  async read(folder: string, files: readonly SourceFile[]): Promise<void> {
    if (this.#isOurs || files.some(({ path }) => path === `${folder}entry.yaml`)) {
      this.#readOurs(folder, files)
      return
    }
    const suffixed = files.find(({ path }) => SUFFIXED.test(baseOf(path)))
    for (const file of files) {
      await nextTurn()
      const base = baseOf(file.path)
      const match = SUFFIXED.exec(base)
      if (match !== null) {
        this.#add(nameOf(match[1]), SUFFIXED_FILES[match[2].toLowerCase()], file)
      } else if (/^readme\.md$/i.test(base)) {
        const owner = SUFFIXED.exec(baseOf(suffixed?.path ?? ''))
        if (owner !== null) this.#add(nameOf(owner[1]), 'README.md', file)
      } else this.#readLoose(base, file)
    }
  }

  #readOurs(folder: string, files: readonly SourceFile[]): void {
    const name = baseOf(folder.slice(0, -1))
    for (const file of files) {
      const base = baseOf(file.path)
      if (isEntryFile(base)) this.#add(name, base, file)
    }
  }

  /** A rule file or a dashboard is known by what is in it. */
  #readLoose(base: string, file: SourceFile): void {
    const name = nameOf(base.replace(/\.[^.]+$/, ''))
    if (/\.ya?ml$/i.test(base) && isRuleFile(file)) this.#add(name, 'alerts.yaml', file)
    if (/\.json$/i.test(base) && isDashboard(file)) this.#add(name, 'dashboard.json', file)
  }

  #add(name: string, kind: EntryFileName, { path, bytes }: SourceFile): void {
    const text = decode(bytes)
    const texts = this.entries.get(name) ?? new Map<EntryFileName, string>()
    const bytesMax = ENTRY_FILE_BYTES_MAX[kind]
    if (!isEntryName(name)) this.#fault(path, 'no name of an entry can be made of it')
    else if (bytes.length > bytesMax) {
      this.#fault(path, `${bytes.length} bytes, at most ${bytesMax} are taken`)
    } else if (text === undefined) this.#fault(path, 'bytes that are no text, wanted UTF-8')
    else if (texts.has(kind)) this.#fault(path, `${name} has a ${kind} already`)
    else if (texts.size === 0 && this.entries.size === SOURCE_ENTRIES_MAX) {
      this.#fault(path, `more than ${SOURCE_ENTRIES_MAX} entries`)
    } else this.entries.set(name, texts.set(kind, text))
  }

  #fault(path: string, message: string): void {
    if (this.faults.length < FAULTS_MAX) this.faults.push(`cannot use ${path}: ${message}`)
  }
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** `MySQLd_exporter-alerts` is `mysqld`. */
function nameOf(base: string): string {
  return base
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .replace(/-(?:rules?|alerts?|dashboard)$/, '')
    .replace(/-exporter$/, '')
}

function isEntryFile(name: string): name is EntryFileName {
  return Object.hasOwn(ENTRY_FILE_BYTES_MAX, name)
}

/** PostgreSQL keeps no text with a zero in it. */
function decode(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

function isRuleFile({ bytes }: SourceFile): boolean {
  const text = decode(bytes)
  if (text === undefined || bytes.length > ENTRY_FILE_BYTES_MAX['alerts.yaml']) return false
  const { root } = parseYaml(text)
  if (root?.kind === 'map') {
    const groups = root.entries.find(({ key }) => key === 'groups')
    return groups?.value.kind === 'list'
  }
  if (root?.kind !== 'list') return false
  return root.items.some(
    (item) => item.kind === 'map' && item.entries.some(({ key }) => /^(?:expr|rules)$/.test(key)),
  )
}

function isDashboard({ bytes }: SourceFile): boolean {
  const text = decode(bytes)
  if (text === undefined || bytes.length > ENTRY_FILE_BYTES_MAX['dashboard.json']) return false
  try {
    const root: unknown = JSON.parse(text)
    if (typeof root !== 'object' || root === null) return false
    const { panels, rows } = root as { panels?: unknown; rows?: unknown }
    return Array.isArray(panels) || Array.isArray(rows)
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}
