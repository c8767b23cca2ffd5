/** One kind of objects in one namespace, kept as the API server has them: list, then watch. */
import type { Timer } from '../../../base/clock.ts'
import { NarthexError } from '../../../base/error.ts'
import type { KubernetesSelector } from '../../../config/discovery.ts'
import { listAt, parseJson, recordAt, textAt, toRecord } from '../json.ts'
import type { ProviderContext } from '../provider.ts'
import type { DiscoveryMetrics } from '../sdmetrics.ts'
import { ApiRefusal, type ApiServer, refusalOfEvent } from './apiserver.ts'
import type { Gate } from './gate.ts'
import { readLines } from './lines.ts'
import type { KubeObject } from './objects.ts'
import { type Kind, objectKey, RESOURCES, resourcePath } from './resources.ts'

/** Objects that are asked for at once. */
const PAGE_OBJECTS = 500
/** Largest page taken. */
export const PAGE_BYTES_MAX = 134_217_728
/** Most objects of one kind in one namespace; a list with more is refused. */
export const OBJECTS_MAX = 500_000
const LIST_TIMEOUT_MS = 60_000
/** A watch lasts from one to two times this, so that not all end together. */
const WATCH_SECONDS = 300
/** What a watch may take longer than it was asked to. */
const WATCH_GRACE_MS = 30_000
/** A watch that ends sooner than this counts as a failure for the pauses. */
const WATCH_MS_MIN = 1000
const PAUSE_MS_MIN = 800
const PAUSE_MS_MAX = 30_000
/** A server may ask for a longer pause than ours, up to this. */
const RETRY_AFTER_MS_MAX = 300_000
const GONE = 410

export interface ReflectorOptions {
  readonly kind: Kind
  /** '' for all. */
  readonly namespace: string
  readonly selector: KubernetesSelector | undefined
  readonly api: ApiServer
  /** Lets a few lists run at a time. */
  readonly lists: Gate
  readonly context: ProviderContext
  readonly metrics: DiscoveryMetrics
  /** An object has come, changed or gone. */
  readonly onObject: (key: string) => void
  /** The first list is complete, or a try has gone well or badly. */
  readonly onState: () => void
}

/** Watches until it is stopped. */
export class Reflector {
  readonly kind: Kind
  readonly objects: Map<string, KubeObject> = new Map()
  /** Whether the objects were complete at least once. */
  synced = false
  /** Whether the first try is over. */
  tried = false
  /** '' while all goes well. */
  lastError = ''
  readonly #options: ReflectorOptions
  readonly #path: string
  readonly #leaving = new AbortController()
  readonly #random: () => number
  /** Version of the list up to which everything is known; '' when a new list is needed. */
  #version = ''
  /** Whether a watch was answered since the last pause. */
  #watching = false
  #failures = 0
  #timer: Timer | undefined

  constructor(options: ReflectorOptions) {
    this.kind = options.kind
    this.#options = options
    this.#path = resourcePath(options.kind, options.namespace)
    this.#random = options.context.random ?? Math.random
  }

  start(): void {
    void this.#run()
  }

  stop(): void {
    this.#leaving.abort()
    this.#timer?.cancel()
  }

  async #run(): Promise<void> {
    const { clock } = this.#options.context
    while (!this.#leaving.signal.aborted) {
      try {
        if (this.#version === '') await this.#options.lists.run(() => this.#list())
        const startMs = clock.monotonicMs()
        await this.#watch()
        if (clock.monotonicMs() - startMs < WATCH_MS_MIN) await this.#pause(undefined)
      } catch (error) {
        if (this.#leaving.signal.aborted) return
        await this.#recover(error)
      }
    }
  }

  /** Decides what a failure means, and waits. The objects stay as they are. */
  async #recover(error: unknown): Promise<void> {
    if (!(error instanceof NarthexError)) throw error
    const status = error instanceof ApiRefusal ? error.status : 0
    if (!isPassing(error)) this.#version = ''
    if (status === GONE) {
      this.#options.metrics.kubernetesRelists.inc()
      if (this.#failures === 0) {
        this.#failures++
        return
      }
    } else {
      this.#options.metrics.kubernetesFailures.inc()
      // Watches are cut all the time; that is told only when the next one cannot be had.
      if (!this.#watching || this.#version === '') this.#settle(error.message)
    }
    this.#watching = false
    await this.#pause(error instanceof ApiRefusal ? error.retryAfterMs : undefined)
  }

  /** Waits longer after each failure in a row, never the same time for all. */
  #pause(askedMs: number | undefined): Promise<void> {
    const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** Math.min(10, this.#failures))
    this.#failures++
    const jitteredMs = pauseMs * (0.5 + this.#random() / 2)
    const waitMs = Math.max(jitteredMs, Math.min(RETRY_AFTER_MS_MAX, askedMs ?? 0))
    return new Promise((resolve) => {
      this.#timer = this.#options.context.clock.after(waitMs, resolve)
    })
  }

  #settle(lastError: string): void {
    const changed = this.lastError !== lastError || !this.tried
    this.tried = true
    this.lastError = lastError
    if (changed) this.#options.onState()
  }

  #query(): URLSearchParams {
    const query = new URLSearchParams()
    const { selector } = this.#options
    if (selector !== undefined && selector.label !== '') query.set('labelSelector', selector.label)
    if (selector !== undefined && selector.field !== '') query.set('fieldSelector', selector.field)
    return query
  }

  /** Asks for everything in pages; the objects of before stay until the last page is there. */
  async #list(): Promise<void> {
    const found = new Map<string, KubeObject>()
    let version: string
    try {
      version = await this.#listPages(found, PAGE_OBJECTS)
    } catch (error) {
      // A list that took longer than the server keeps its pages: once more, in one piece.
      if (!(error instanceof ApiRefusal) || error.status !== GONE) throw error
      found.clear()
      version = await this.#listPages(found, 0)
    }
    if (this.#leaving.signal.aborted) return
    this.#replace(found)
    this.#version = version
    this.#failures = 0
    if (!this.synced) this.#options.onState()
    this.synced = true
    this.#settle('')
  }

  async #listPages(found: Map<string, KubeObject>, pageObjects: number): Promise<string> {
    const { reduce } = RESOURCES[this.kind]
    let next = ''
    for (;;) {
      const query = this.#query()
      if (pageObjects > 0) query.set('limit', String(pageObjects))
      if (next !== '') query.set('continue', next)
      const { signal } = this.#leaving
      const reply = await this.#options.api.get(this.#path, query, LIST_TIMEOUT_MS, signal)
      const list = toRecord(parseJson(await reply.text(PAGE_BYTES_MAX), `list of ${this.#path}`))
      for (const item of listAt(list, 'items')) {
        const object = reduce(toRecord(item))
        found.set(objectKey(object.namespace, object.name), object)
      }
      if (found.size > OBJECTS_MAX) {
        const seen = `more than ${OBJECTS_MAX} objects, the bound`
        throw new NarthexError('limit', `cannot list ${this.#path}: ${seen}`)
      }
      const meta = recordAt(list, 'metadata')
      next = textAt(meta, 'continue')
      if (next !== '') continue
      const version = textAt(meta, 'resourceVersion')
      if (version !== '') return version
      throw new NarthexError('bad_data', `cannot list ${this.#path}: the answer has no version`)
    }
  }

  /** Takes over a complete list and tells of what differs. */
  #replace(found: ReadonlyMap<string, KubeObject>): void {
    for (const key of [...this.objects.keys()]) {
      if (!found.has(key)) this.#remove(key)
    }
    for (const [key, object] of found) this.#put(key, object)
  }

  async #watch(): Promise<void> {
    const seconds = Math.round(WATCH_SECONDS * (1 + this.#random()))
    const query = this.#query()
    query.set('watch', 'true')
    query.set('allowWatchBookmarks', 'true')
    query.set('resourceVersion', this.#version)
    query.set('timeoutSeconds', String(seconds))
    const timeoutMs = seconds * 1000 + WATCH_GRACE_MS
    const reply = await this.#options.api.get(this.#path, query, timeoutMs, this.#leaving.signal)
    try {
      this.#watching = true
      this.#settle('')
      for await (const line of readLines(reply.pieces())) {
        if (this.#leaving.signal.aborted) return
        this.#take(toRecord(parseJson(line, `event of ${this.#path}`)))
      }
    } finally {
      reply.close()
    }
  }

  #take(event: ReturnType<typeof toRecord>): void {
    const type = textAt(event, 'type')
    if (type === 'ERROR') {
      const refusal = refusalOfEvent(event.object, this.#path)
      if (refusal.status !== 429) this.#version = ''
      throw refusal
    }
    const object = RESOURCES[this.kind].reduce(recordAt(event, 'object'))
    const key = objectKey(object.namespace, object.name)
    if (type === 'DELETED') this.#remove(key)
    else if (type === 'ADDED' || type === 'MODIFIED') this.#put(key, object)
    if (object.version !== '') this.#version = object.version
    this.#failures = 0
  }

  #put(key: string, object: KubeObject): void {
    const known = this.objects.get(key)
    if (known !== undefined && known.version === object.version) return
    if (known === undefined && this.objects.size >= OBJECTS_MAX) {
      const seen = `more than ${OBJECTS_MAX} objects, the bound`
      throw new NarthexError('limit', `cannot watch ${this.#path}: ${seen}`)
    }
    this.objects.set(key, object)
    this.#tell(key, known === undefined ? 'add' : 'update')
  }

  #remove(key: string): void {
    if (this.objects.delete(key)) this.#tell(key, 'delete')
  }

  #tell(key: string, event: 'add' | 'update' | 'delete'): void {
    this.#options.metrics.kubernetesEvents.with(event, this.kind).inc()
    this.#options.onObject(key)
  }
}

/** Whether the same request may go well later. */
function isPassing(error: NarthexError): boolean {
  if (error instanceof ApiRefusal) return error.status === 429 || error.status >= 500
  return error.kind === 'io' || error.kind === 'timeout'
}
