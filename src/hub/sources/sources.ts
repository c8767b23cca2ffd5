/** Content sources: asked from time to time, one at a time, kept in the records, and followed from there. */
import type { Clock, Timer } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { Metrics } from '../../base/metrics.ts'
import { SOURCES_MAX, type SourceConfig } from '../../config/source.ts'
import type { Outcome } from '../../model/registry.ts'
import type {
  SourceChange,
  SourceProgress,
  SourceRecords,
  SourceState,
  SourceStatus,
  SourcesView,
} from '../../model/sources.ts'
import type { Shelf } from '../catalogue/shelf.ts'
import { Asked, arrange } from './asked.ts'
import { Holding } from './holding.ts'
import { refreshSource } from './refresh.ts'
import { readWantedSource, settingsOf, type TokenKeeper } from './settings.ts'
import type { ReadSource } from './source.ts'
import { listStatuses } from './status.ts'

/** How often what other hubs have brought is looked for, in ms. */
const FOLLOW_MS = 5000

const WAITING: SourceProgress = { step: 'waiting', done: 0, all: 0 }

export interface SourcesDeps {
  readonly records: SourceRecords
  readonly read: ReadSource
  /** Takes what all sources have together. */
  readonly show: (shelf: Shelf) => Promise<void>
  /** How the entries that come with the program do. */
  readonly bundled: () => SourceState
  readonly tokens: TokenKeeper
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** From 0 to 1. */
  readonly random: () => number
}

/** Sources until they are stopped. */
export class Sources implements SourcesView {
  readonly #deps: SourcesDeps
  readonly #holding: Holding
  #configured: readonly Asked[] = []
  #asked: readonly Asked[] = []
  /** Whoever asks a source waits for who does so already. */
  #turn: Promise<unknown> = Promise.resolve()
  #isAsking = false
  #timer: Timer | undefined
  readonly #stopping = new AbortController()

  constructor(deps: SourcesDeps) {
    this.#deps = deps
    this.#holding = new Holding(deps)
    registerMetrics(deps.metrics, () => this.list())
  }

  /** Shows what is kept, then asks the sources; without the database that comes when it is back. */
  async start(configs: readonly SourceConfig[]): Promise<void> {
    this.configure(configs)
    await this.#follow().catch((error: unknown) => this.#warn(error))
    this.#tickLater(0)
  }

  /** Takes the sources of a configuration; what others have brought stays until it is removed. */
  configure(configs: readonly SourceConfig[]): void {
    this.#configured = configs.map((config) => new Asked(config, 0))
    this.#arrange()
  }

  async stop(): Promise<void> {
    this.#timer?.cancel()
    this.#stopping.abort(new NarthexError('canceled', 'cannot refresh the source: the hub stops'))
    await Promise.all([this.#turn, ...this.#asked.map(({ turn }) => turn)])
    await this.#holding.settle()
  }

  list(): readonly SourceStatus[] {
    return listStatuses(this.#deps.bundled(), this.#asked, this.#holding)
  }

  async refresh(name: string): Promise<readonly SourceStatus[]> {
    const chosen = this.#asked.filter(({ config }) => name === '' || config.name === name)
    if (chosen.length === 0 && name !== '') {
      throw new NarthexError('not_found', `cannot refresh source ${JSON.stringify(name)}: no such`)
    }
    for (const each of chosen) each.progress ??= WAITING
    try {
      for (const each of chosen) await this.#inTurn(() => this.#refresh(each))
    } finally {
      for (const each of chosen) if (each.progress === WAITING) each.progress = null
    }
    return this.list()
  }

  /** Asks one source at once, whatever else is being asked: what a person has just changed. */
  async hasten(name: string): Promise<void> {
    for (const each of this.#asked) if (each.config.name === name) await this.#refresh(each)
  }

  async put(
    name: string,
    value: unknown,
    { by, version }: SourceChange,
  ): Promise<Outcome<SourceStatus>> {
    const { records, tokens, clock, log } = this.#deps
    this.#requireAdded(name, 'change')
    await this.#follow()
    const before = this.#holding.settings.get(name)
    if (before === undefined && this.#holding.states.has(name)) {
      const message = `cannot add source ${name}: another hub has one of this name, or it has left its content`
      throw new NarthexError('conflict', `${message}, wanted that to be removed first`)
    }
    const wanted = readWantedSource(name, value, before)
    if ('problems' in wanted) return wanted
    if (before === undefined && this.#holding.settings.size >= SOURCES_MAX) {
      const reason = `at most ${SOURCES_MAX} sources are taken`
      return { problems: [{ index: -1, field: '', reason }] }
    }
    const settings = settingsOf(wanted.done, before, tokens, { by, nowMs: clock.now() })
    const isSeen = version === undefined || version === settings.version - 1
    if (!isSeen || !(await records.put(settings))) {
      throw new NarthexError('conflict', `cannot change source ${name}: somebody else was quicker`)
    }
    log.info('content source changed', { source: name, type: settings.type, by })
    await this.#follow()
    this.#askSoon()
    return { done: this.#statusOf(name) }
  }

  async remove(name: string, by: string): Promise<void> {
    this.#requireAdded(name, 'remove')
    if (!(await this.#deps.records.remove(name))) {
      throw new NarthexError('not_found', `cannot remove source ${JSON.stringify(name)}: no such`)
    }
    this.#deps.log.info('content source removed', { source: name, by })
    await this.#follow()
  }

  #requireAdded(name: string, verb: string): void {
    if (!this.#configured.some(({ config }) => config.name === name)) return
    const wanted = 'wanted a change of that file'
    throw new NarthexError(
      'conflict',
      `cannot ${verb} source ${name}: it stands in the configuration file, ${wanted}`,
    )
  }

  #statusOf(name: string): SourceStatus {
    const found = this.list().find((each) => each.name === name)
    if (found !== undefined) return found
    throw new NarthexError('conflict', `cannot change source ${name}: somebody else has removed it`)
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(run)
    this.#turn = done.catch(() => undefined)
    return done
  }

  #tickLater(delayMs: number): void {
    if (this.#stopping.signal.aborted) return
    this.#timer = this.#deps.clock.after(delayMs, () => {
      void this.#tick().finally(() => this.#tickLater(FOLLOW_MS))
    })
  }

  async #tick(): Promise<void> {
    await this.#follow().catch((error: unknown) => this.#warn(error))
    this.#askSoon()
  }

  /** Asks those that are due, unless that is being done already. */
  #askSoon(): void {
    if (this.#isAsking) return
    this.#isAsking = true
    void this.#askDue()
      .catch((error: unknown) => this.#warn(error))
      .finally(() => {
        this.#isAsking = false
      })
  }

  async #askDue(): Promise<void> {
    const { clock } = this.#deps
    for (;;) {
      const due = this.#asked.find(({ dueMs }) => dueMs <= clock.now())
      if (due === undefined || this.#stopping.signal.aborted) return
      await this.#inTurn(() => this.#refresh(due))
    }
  }

  /** Asks one source and notes what became of it. @throws NarthexError of the records */
  #refresh(asked: Asked): Promise<void> {
    const done = asked.turn.then(async () => {
      const signal = AbortSignal.any([this.#stopping.signal, asked.gone.signal])
      const { records, read, clock, log, random } = this.#deps
      asked.progress = { step: 'asking', done: 0, all: 0 }
      if (asked.version === 0) asked.fault = undefined // it may have a name of its own by now
      try {
        await this.#follow()
        if (clock.now() >= asked.notBeforeMs) asked.planNext(clock.now(), random)
        if (!signal.aborted && asked.fault === undefined) {
          await refreshSource(asked, { records, read, clock, log, holding: this.#holding }, signal)
        }
        if (!this.#stopping.signal.aborted) await this.#follow()
      } finally {
        asked.progress = null
      }
    })
    asked.turn = done.catch(() => undefined)
    return done
  }

  /** Takes over what is in the records. @throws NarthexError `busy` while they are away */
  async #follow(): Promise<void> {
    await this.#holding.follow()
    this.#arrange()
  }

  #arrange(): void {
    const { tokens, clock } = this.#deps
    const { settings, states } = this.#holding
    const deps = { tokens, nowMs: clock.now() }
    this.#asked = arrange(this.#asked, this.#configured, settings.values(), deps)
    for (const each of this.#asked) {
      const { checkedMs = 0 } = states.get(each.config.name) ?? {}
      const { changedMs = Infinity } = settings.get(each.config.name) ?? {}
      if (each.version > 0 && checkedMs > changedMs) each.noteAsked(checkedMs)
    }
  }

  #warn(error: unknown): void {
    this.#deps.log.warn('content sources not followed', { error: messageOf(error) })
  }
}

function registerMetrics(metrics: Metrics, list: () => readonly SourceStatus[]): void {
  const failing = metrics.gauge(
    'narthex_catalogue_source_failing',
    'Whether a content source of the catalogue fails; what it had before stays.',
    ['source'],
  )
  const entries = metrics.gauge(
    'narthex_catalogue_source_entries',
    'Entries that a content source of the catalogue has.',
    ['source'],
  )
  let names: readonly string[] = []
  metrics.onCollect(() => {
    const sources = list().filter(({ place }) => place !== 'program')
    for (const name of names) {
      failing.without(name)
      entries.without(name)
    }
    names = sources.map(({ name }) => name)
    for (const source of sources) {
      failing.with(source.name).set(source.error === '' ? 0 : 1)
      entries.with(source.name).set(source.entries)
    }
  })
}
