/** The registry of targets: what may be stored, who changed what, and what consumers get. */
import type { Clock, Timer } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { Metrics } from '../../base/metrics.ts'
import type {
  BulkEdit,
  ChangeQuery,
  Consumer,
  ConsumerStatus,
  DocumentDiff,
  DocumentKey,
  DocumentKind,
  DocumentPage,
  DocumentVersion,
  Lease,
  Outcome,
  PastDocument,
  Registry,
  RegistryChange,
  RegistryPlan,
  StoredDocument,
  Taken,
  TargetList,
  TargetQuery,
} from '../../model/registry.ts'
import type { DocumentEdit, RegistryBounds, RegistryRecords } from '../../model/registryrecords.ts'
import { entriesOf, missingDocument, type ReadyEdit, tagOf } from './batch.ts'
import { CONSUMER_MS_MAX, Consumers } from './consumers.ts'
import { diffEntries } from './diff.ts'
import { Problems } from './document.ts'
import { writeDocuments } from './dump.ts'
import { Editor } from './editor.ts'
import { readLease } from './lease.ts'
import { readOne } from './load.ts'
import { refuseName } from './name.ts'
import { Present } from './present.ts'
import { refuseLabel } from './target.ts'

/** How often what is over is forgotten, in ms. */
const SWEEP_MS = 60_000
/** Documents of one change that have a line in the log; the records have them all. */
const TOLD_MAX = 100

export interface RegistryLimits extends RegistryBounds {
  readonly consumersMax: number
}

export interface RegistryDeps {
  readonly records: RegistryRecords
  readonly limits: RegistryLimits
  /** The bundled or plain editworker. */
  readonly workerFile: URL
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

/** A registry that follows its records until it is stopped. */
export class FollowedRegistry implements Registry {
  readonly #deps: RegistryDeps
  readonly #present: Present
  readonly #consumers: Consumers
  readonly #editor: Editor
  #sweeping: Timer | undefined

  constructor(deps: RegistryDeps) {
    const { records, clock, log, limits, workerFile } = deps
    this.#deps = deps
    this.#present = new Present(records, clock)
    this.#consumers = new Consumers(records, clock, log, limits.consumersMax)
    this.#editor = new Editor(workerFile, clock)
    this.#measure()
    this.#sweepLater()
  }

  async stop(): Promise<void> {
    this.#sweeping?.cancel()
    this.#editor.stop()
    await this.#consumers.stop()
  }

  async list(
    kind: DocumentKind,
    search: string,
    from: number,
    count: number,
  ): Promise<DocumentPage> {
    const found = (await this.#present.lists()).find(kind, search)
    return { total: found.length, documents: found.slice(from, from + count) }
  }

  async document(key: DocumentKey): Promise<StoredDocument> {
    const found = (await this.#present.lists()).document(key)
    if (found === undefined) throw missingDocument(key)
    return found
  }

  async put(
    key: DocumentKey,
    value: unknown,
    by: string,
    seenVersion?: number,
  ): Promise<Outcome<Taken>> {
    const problems = new Problems()
    const reason = refuseName(key.name)
    if (reason !== undefined) problems.add(-1, 'name', reason)
    const document = readOne(key.kind, value, problems)
    if (problems.list.length > 0) return { problems: problems.list }

    const body = JSON.stringify(document.body)
    const edit = { ...key, action: 'put', body, targets: document.targets } as const
    const taken = await this.#change(by, [
      seenVersion === undefined ? edit : { ...edit, seenVersion },
    ])
    return { done: { ...taken[0], repeated: document.repeated } }
  }

  async remove(key: DocumentKey, by: string): Promise<void> {
    await this.document(key)
    await this.#change(by, [{ ...key, action: 'delete', body: undefined, targets: 0 }])
  }

  async history(key: DocumentKey): Promise<readonly DocumentVersion[]> {
    const versions = await this.#deps.records.versions(key)
    if (versions.length === 0) throw missingDocument(key)
    return versions
  }

  async diff(key: DocumentKey, version: number): Promise<DocumentDiff> {
    const after = await this.#past(key, version)
    const before = version === 1 ? undefined : await this.#past(key, version - 1)
    return diffEntries(entriesOf(key.kind, before?.body), entriesOf(key.kind, after.body))
  }

  async undo(key: DocumentKey, version: number, by: string): Promise<Taken> {
    const { body, targets } = await this.#past(key, version)
    const [taken] = await this.#change(by, [{ ...key, action: 'undo', body, targets }])
    return { ...taken, repeated: [] }
  }

  async plan(edit: BulkEdit): Promise<Outcome<RegistryPlan>> {
    const ready = await this.#ready(edit)
    return await this.#editor.plan(ready, await this.#present.lists())
  }

  async carryOut(edit: BulkEdit, by: string, seenTag?: string): Promise<Outcome<readonly Taken[]>> {
    const ready = await this.#ready(edit)
    const lists = await this.#present.lists()
    const prepared = await this.#editor.prepare(ready, lists)
    if ('problems' in prepared) return prepared
    const edits = prepared.done
    if (seenTag !== undefined && seenTag !== tagOf(edits, lists)) {
      throw new NarthexError(
        'conflict',
        'cannot change the registry: it was changed since you looked, look again',
      )
    }
    const seen = edits.map((each) => {
      if (seenTag === undefined) return each
      return { ...each, seenVersion: lists.head(each)?.version ?? 0 }
    })
    const taken = await this.#change(by, seen)
    return { done: taken.map((each, i) => ({ ...each, repeated: edits[i].repeated })) }
  }

  async dump(kind: DocumentKind, type: string): Promise<string> {
    const lists = await this.#present.lists()
    const documents = lists.find(kind, '').flatMap((head) => lists.document(head) ?? [])
    return writeDocuments(kind, documents, type)
  }

  changes(query: ChangeQuery): Promise<readonly RegistryChange[]> {
    return this.#deps.records.changes(query)
  }

  async hold(key: string, value: unknown, by: string): Promise<Outcome<Lease>> {
    const { records, clock, limits, log } = this.#deps
    const problems = new Problems()
    const nowMs = clock.now()
    const lease = readLease(key, value, { by, nowMs }, problems)
    if (problems.list.length > 0) return { problems: problems.list }
    const isNews = await records.hold(lease, nowMs, limits)
    if (isNews) {
      const { group, target } = lease
      log.info('a target registered itself', { lease: key, group, target, by })
    }
    return { done: lease }
  }

  async release(key: string, by: string): Promise<void> {
    const { records, clock, log } = this.#deps
    if (await records.release(key, clock.now(), by)) {
      log.info('a target took itself away', { lease: key, by })
      return
    }
    throw new NarthexError('not_found', `cannot find lease ${JSON.stringify(key)}: it is not there`)
  }

  leases(): Promise<readonly Lease[]> {
    return this.#deps.records.leases(this.#deps.clock.now())
  }

  async targets(query: TargetQuery): Promise<TargetList> {
    for (const name of query.labels.keys()) {
      // An empty list would take away all targets of who mistyped a filter.
      const reason = refuseLabel(name, '')
      if (reason !== undefined) {
        throw new NarthexError('bad_data', `cannot list targets: label ${name}: ${reason}`)
      }
    }
    return await (await this.#present.lists()).list(query)
  }

  seen(consumer: Omit<Consumer, 'polls' | 'seenMs'>): void {
    this.#consumers.seen(consumer)
  }

  consumers(): Promise<readonly ConsumerStatus[]> {
    return this.#consumers.all()
  }

  async #ready(edit: BulkEdit): Promise<ReadyEdit> {
    if (edit.action !== 'undo') return edit
    return { ...edit, done: await this.#deps.records.done(edit.revision) }
  }

  /** @returns what became of each document; version 0 of one that was not there to be deleted */
  async #change(by: string, edits: readonly DocumentEdit[]): Promise<Omit<Taken, 'repeated'>[]> {
    const { records, clock, limits, log } = this.#deps
    const heads = await records.change(by, clock.now(), edits, limits)
    const taken = edits.map(({ name, targets }, i) => {
      return { name, version: heads[i]?.version ?? 0, targets }
    })
    for (const [i, { name, version, targets }] of taken.slice(0, TOLD_MAX).entries()) {
      const { kind, action } = edits[i]
      log.info('targets changed', { kind, name, action, version, targets, by })
    }
    if (taken.length > TOLD_MAX) {
      log.info('targets changed in more groups', { count: taken.length - TOLD_MAX, by })
    }
    return taken
  }

  async #past(key: DocumentKey, version: number): Promise<PastDocument> {
    const past = await this.#deps.records.version(key, version)
    if (past !== undefined) return past
    throw new NarthexError(
      'not_found',
      `cannot find version ${version} of ${key.kind} ${JSON.stringify(key.name)}: it is not kept`,
    )
  }

  #sweepLater(): void {
    const { clock, log } = this.#deps
    this.#sweeping = clock.after(SWEEP_MS, () => {
      this.#sweep().catch((error: unknown) => {
        log.warn('what is over could not be forgotten', { error: messageOf(error) })
      })
      this.#sweepLater()
    })
  }

  async #sweep(): Promise<void> {
    const { records, clock, log } = this.#deps
    const leases = await records.sweep(clock.now(), CONSUMER_MS_MAX)
    if (leases.length > 0) log.info('targets are no longer heard of', { leases })
  }

  #measure(): void {
    const { metrics } = this.#deps
    const known = this.#present.known
    const gauges = [
      ['narthex_hub_groups', 'Groups and services.', () => known.documentCount],
      ['narthex_hub_targets', 'Targets of all groups, services and leases.', () => known.targets],
      ['narthex_hub_leases', 'Targets that have registered themselves.', () => known.leases.length],
      ['narthex_hub_revision', 'Changes of the registry so far.', () => known.revision],
      [
        'narthex_hub_list_age_seconds',
        'Since when the lists were last known to be true.',
        () => (this.#present.ageMs ?? 0) / 1000,
      ],
    ] as const
    const families = gauges.map(([name, help]) => metrics.gauge(name, help))
    metrics.onCollect(() => {
      for (const [i, [, , measure]] of gauges.entries()) families[i].with().set(measure())
    })
  }
}
