/** What is served: the present documents and leases, and the lists that consumers ask for. */
import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type {
  DocumentHead,
  DocumentKey,
  DocumentKind,
  Lease,
  StoredDocument,
  TargetEntry,
  TargetList,
  TargetQuery,
} from '../../model/registry.ts'
import type { RegistryImage } from '../../model/registryrecords.ts'
import type { EditedDocuments } from './batch.ts'
import type { LabelRecord } from './document.ts'
import { entriesOfService } from './service.ts'

/** Lists that are kept ready; the one that was not asked for longest is made anew next time. */
export const LISTS_MAX = 64

/** How long documents hold the loop, in ms, before others have their turn. */
const SLICE_MS_MAX = 10

const compress = promisify(gzip)

/** A document as it is served: bytes, so that a list of many is put together by copying. */
class ServedDocument {
  readonly head: DocumentHead
  /** The document as it is stored. */
  readonly body: Buffer
  /** The entries as JSON, without the brackets of the list. */
  readonly json: Buffer
  readonly digest: Buffer
  #entries: readonly TargetEntry[] | undefined

  constructor({ body, ...head }: StoredDocument) {
    this.head = head
    this.body = Buffer.from(body)
    let list = this.body
    if (head.kind === 'service') {
      this.#entries = entriesOfService(JSON.parse(body))
      list = Buffer.from(JSON.stringify(this.#entries))
    }
    this.json = list.subarray(1, -1)
    this.digest = createHash('sha256').update(this.json).digest()
  }

  /** Those of a group are read when somebody asks for some of them only. */
  readEntries(): readonly TargetEntry[] {
    this.#entries ??= JSON.parse(`[${this.json}]`) as readonly TargetEntry[]
    return this.#entries
  }

  /** Whether its name, a target or a label has the text; `text` is in lower case. */
  has(text: string): boolean {
    if (this.head.name.toLowerCase().includes(text)) return true
    return this.json.toString().toLowerCase().includes(text)
  }
}

/** Documents and leases as of one revision. */
export class Lists implements EditedDocuments {
  #documents = new Map<string, ServedDocument>()
  #leases: readonly Lease[] = []
  /** When the first of the leases that are served runs out. */
  #leasesUntilMs = Number.POSITIVE_INFINITY
  #leasesKey = ''
  readonly #ready = new Map<string, TargetList>()
  #revision = 0

  get revision(): number {
    return this.#revision
  }

  get leasesUntilMs(): number {
    return this.#leasesUntilMs
  }

  /** Targets of all documents and leases. */
  get targets(): number {
    let sum = this.#leases.length
    for (const { head } of this.#documents.values()) sum += head.targets
    return sum
  }

  get documentCount(): number {
    return this.#documents.size
  }

  get leases(): readonly Lease[] {
    return this.#leases
  }

  document(key: DocumentKey): StoredDocument | undefined {
    const served = this.#documents.get(textOf(key))
    return served && { ...served.head, body: served.body.toString() }
  }

  head(key: DocumentKey): DocumentHead | undefined {
    return this.#documents.get(textOf(key))?.head
  }

  body(key: DocumentKey): string | undefined {
    return this.bytes(key)?.toString()
  }

  /** The document as it is stored. */
  bytes(key: DocumentKey): Buffer | undefined {
    return this.#documents.get(textOf(key))?.body
  }

  ofKind(kind: DocumentKind): readonly DocumentHead[] {
    return this.find(kind, '')
  }

  /** Documents of a kind that have a text in name, targets or labels, by name. */
  find(kind: DocumentKind, search: string): DocumentHead[] {
    const text = search.toLowerCase()
    const found: DocumentHead[] = []
    for (const served of this.#documents.values()) {
      if (served.head.kind !== kind) continue
      if (text === '' || served.has(text)) found.push(served.head)
    }
    return found
  }

  /** Takes over what has changed, all of it at once. */
  async apply(image: RegistryImage, nowMs: number): Promise<void> {
    const { revision, isWhole, changed, gone, leases } = image
    const served: [string, ServedDocument][] = []
    await inSlices(changed, (each) => {
      served.push([textOf(each), new ServedDocument(each)])
    })
    if (isWhole) this.#documents.clear()
    for (const key of gone) this.#documents.delete(textOf(key))
    for (const [key, document] of served) this.#documents.set(key, document)
    if (isWhole || changed.length > 0) {
      const sorted = [...this.#documents].sort(([a], [b]) => (a < b ? -1 : 1))
      this.#documents = new Map(sorted)
    }
    if (isWhole || changed.length + gone.length > 0) this.#ready.clear()
    this.#applyLeases(leases, nowMs)
    this.#revision = revision
  }

  /** Takes over leases; lists stay when the same targets are there. */
  #applyLeases(leases: readonly Lease[], nowMs: number): void {
    this.#leases = leases.filter(({ expiresMs }) => expiresMs > nowMs)
    this.#leasesUntilMs = this.#leases.reduce(
      (first, { expiresMs }) => Math.min(first, expiresMs),
      Number.POSITIVE_INFINITY,
    )
    const key = JSON.stringify(this.#leases.map((each) => [each.group, each.target, each.labels]))
    if (key === this.#leasesKey) return
    this.#leasesKey = key
    this.#ready.clear()
  }

  /** The list of a query, made at its first use. */
  async list(query: TargetQuery): Promise<TargetList> {
    const key = JSON.stringify([query.job, [...query.labels]])
    if (!isWholeList(query) && !this.#ready.has(key)) await this.#readEntries()
    const ready = this.#ready.get(key) ?? this.#make(query)
    this.#ready.delete(key)
    this.#ready.set(key, ready)
    if (this.#ready.size > LISTS_MAX) {
      const [oldest] = this.#ready.keys()
      this.#ready.delete(oldest)
    }
    return ready
  }

  async #readEntries(): Promise<void> {
    await inSlices([...this.#documents.values()], (served) => served.readEntries())
  }

  #make(query: TargetQuery): TargetList {
    const isAll = isWholeList(query)
    const list = new ListParts()
    for (const served of this.#documents.values()) {
      if (isAll) {
        list.add(served.json, served.digest, served.head.targets)
        continue
      }
      for (const entry of served.readEntries()) {
        if (isAsked(entry, served.head.name, query)) list.addEntry(entry)
      }
    }
    for (const { name, entry } of leasedEntries(this.#leases)) {
      if (isAll || isAsked(entry, name, query)) list.addEntry(entry)
    }
    return list.end()
  }
}

function isWholeList({ job, labels }: TargetQuery): boolean {
  return job === '' && labels.size === 0
}

/** Does something to each, others in between when there are many. */
async function inSlices<T>(items: readonly T[], run: (item: T) => void): Promise<void> {
  let startedMs = performance.now()
  for (const item of items) {
    run(item)
    if (performance.now() - startedMs <= SLICE_MS_MAX) continue
    await nextTurn()
    startedMs = performance.now()
  }
}

const COMMA = Buffer.from(',')

/** A list that is put together; its tag is that of its parts, so that no part is read again. */
class ListParts {
  readonly #parts: Buffer[] = []
  readonly #entries: string[] = []
  readonly #digest = createHash('sha256')
  #targets = 0

  /** @param digest of the bytes */
  add(json: Buffer, digest: Buffer, targets: number): void {
    if (json.length === 0) return
    if (this.#parts.length > 0) this.#parts.push(COMMA)
    this.#parts.push(json)
    this.#digest.update(digest)
    this.#targets += targets
  }

  addEntry(entry: TargetEntry): void {
    this.#entries.push(JSON.stringify(entry))
    this.#targets += entry.targets.length
  }

  /** Single entries stand behind whole documents. */
  end(): TargetList {
    const entries = Buffer.from(this.#entries.join(','))
    this.add(entries, createHash('sha256').update(entries).digest(), 0)
    const json = Buffer.concat([Buffer.from('['), ...this.#parts, Buffer.from(']')])
    let compressed: Promise<Uint8Array> | undefined
    return {
      etag: `"${this.#digest.digest('base64url').slice(0, 27)}"`,
      targets: this.#targets,
      json,
      gzip() {
        compressed ??= compress(json, { level: 1 })
        return compressed
      },
    }
  }
}

/** Whether an entry is of the job, which without a label is its document's name, and has the labels. */
function isAsked({ labels = {} }: TargetEntry, name: string, query: TargetQuery): boolean {
  const textOfLabel = (label: string): string => (Object.hasOwn(labels, label) ? labels[label] : '')
  if (query.job !== '' && (textOfLabel('job') || name) !== query.job) return false
  for (const [label, values] of query.labels) if (!values.includes(textOfLabel(label))) return false
  return true
}

/** One entry for all leases of a group that have the same labels. */
function leasedEntries(leases: readonly Lease[]): { name: string; entry: TargetEntry }[] {
  const groups = Map.groupBy(leases, ({ group, labels }) => JSON.stringify([group, labels]))
  return [...groups.values()].map((group) => {
    const [{ group: name, labels }] = group
    const targets = [...new Set(group.map(({ target }) => target))]
    return { name, entry: { targets, labels: JSON.parse(labels) as LabelRecord } }
  })
}

/** Sorts by kind, then name. */
function textOf({ kind, name }: DocumentKey): string {
  return `${kind} ${name}`
}
