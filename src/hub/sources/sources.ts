/** Content sources: asked from time to time, one at a time, kept in the records, and followed from there. */
import type { Clock, Timer } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { Metrics } from '../../base/metrics.ts'
import type { SourceConfig } from '../../config/hubshape.ts'
import { EDITS_SOURCE } from '../../model/edits.ts'
import type {
  SourceRecords,
  SourceState,
  SourceStatus,
  SourcesView,
  SourceText,
  StoredSource,
} from '../../model/sources.ts'
import { ENTRY_FILE_BYTES_MAX, type EntryFileName } from '../catalogue/folder.ts'
import { fillShelf, type Shelf, type SourceTexts } from '../catalogue/shelf.ts'
import { readLayout } from './layout.ts'
import { type Brought, originOf, type ReadSource } from './source.ts'

/** How often what other hubs have brought is looked for, in ms. */
const FOLLOW_MS = 5000
/** A refresh comes up to this part of its interval earlier, so that hubs do not all ask at once. */
const JITTER = 0.1

export interface SourcesDeps {
  readonly records: SourceRecords
  readonly read: ReadSource
  /** Takes what all sources have together. */
  readonly show: (shelf: Shelf) => Promise<void>
  /** How the entries that come with the program do. */
  readonly bundled: () => SourceState
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** From 0 to 1. */
  readonly random: () => number
}

/** A source that this hub asks. */
interface Own {
  readonly config: SourceConfig
  dueMs: number
  isRefreshing: boolean
  /** Whoever asks it waits for who does so already. */
  turn: Promise<unknown>
}

/** What a source has, as it was read at a revision. */
interface Held {
  readonly revision: number
  readonly entries: ReadonlyMap<string, SourceTexts>
}

/** Sources until they are stopped. */
export class Sources implements SourcesView {
  readonly #deps: SourcesDeps
  #own: readonly Own[] = []
  #states: readonly StoredSource[] = []
  #held: ReadonlyMap<string, Held> = new Map()
  /** Whoever reads or writes waits for who does so already. */
  #turn: Promise<unknown> = Promise.resolve()
  #following: Promise<unknown> = Promise.resolve()
  #timer: Timer | undefined
  #isStopped = false
  readonly #stopping = new AbortController()

  constructor(deps: SourcesDeps) {
    this.#deps = deps
    const { metrics } = deps
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
    metrics.onCollect(() => {
      for (const state of this.#states) {
        failing.with(state.name).set(state.failingSinceMs > 0 ? 1 : 0)
        entries.with(state.name).set(state.entries)
      }
    })
  }

  /** Shows what is kept, then asks the sources; without the database that comes when it is back. */
  async start(configs: readonly SourceConfig[]): Promise<void> {
    this.configure(configs)
    await this.#inTurn(() => this.#follow()).catch((error: unknown) => this.#warn(error))
    this.#tickLater(0)
  }

  /** Takes the sources of a configuration; what others have brought stays until it is removed. */
  configure(configs: readonly SourceConfig[]): void {
    this.#own = configs.map((config) => ({
      config,
      dueMs: 0,
      isRefreshing: false,
      turn: Promise.resolve(),
    }))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#stopping.abort(new NarthexError('canceled', 'cannot refresh the source: the hub stops'))
    await Promise.all([this.#turn, ...this.#own.map(({ turn }) => turn)])
  }

  list(): readonly SourceStatus[] {
    const stored = new Map<string, SourceState>(this.#states.map((each) => [each.name, each]))
    for (const { config } of this.#own) {
      if (!stored.has(config.name)) stored.set(config.name, newState(config))
    }
    const sorted = [...stored.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
    return [this.#deps.bundled(), ...sorted].map((state) => {
      const own = this.#own.find(({ config }) => config.name === state.name)
      return { ...state, isRefreshing: own?.isRefreshing ?? false, nextMs: own?.dueMs ?? 0 }
    })
  }

  async refresh(name: string): Promise<readonly SourceStatus[]> {
    const chosen = this.#own.filter(({ config }) => name === '' || config.name === name)
    if (chosen.length === 0 && name !== '') {
      throw new NarthexError('not_found', `cannot refresh source ${JSON.stringify(name)}: no such`)
    }
    for (const own of chosen) await this.#inTurn(() => this.#refresh(own))
    return this.list()
  }

  /** Asks one source at once, whatever else is being asked: what a person has just changed. */
  async hasten(name: string): Promise<void> {
    for (const own of this.#own) if (own.config.name === name) await this.#refresh(own)
  }

  async remove(name: string): Promise<void> {
    if (this.#own.some(({ config }) => config.name === name)) {
      const wanted = 'take it from the configuration first'
      throw new NarthexError(
        'conflict',
        `cannot remove source ${name}: it is configured, ${wanted}`,
      )
    }
    await this.#inTurn(async () => {
      if (!(await this.#deps.records.remove(name))) {
        throw new NarthexError('not_found', `cannot remove source ${JSON.stringify(name)}: no such`)
      }
      await this.#follow()
    })
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(run)
    this.#turn = done.catch(() => undefined)
    return done
  }

  #tickLater(delayMs: number): void {
    if (this.#isStopped) return
    this.#timer = this.#deps.clock.after(delayMs, () => {
      void this.#tick().finally(() => this.#tickLater(FOLLOW_MS))
    })
  }

  async #tick(): Promise<void> {
    try {
      for (const own of this.#own) {
        if (this.#isStopped) return
        if (own.dueMs <= this.#deps.clock.now()) await this.#inTurn(() => this.#refresh(own))
      }
      await this.#inTurn(() => this.#follow())
    } catch (error) {
      this.#warn(error)
    }
  }

  /** Asks one source and notes what became of it. @throws NarthexError of the records */
  #refresh(own: Own): Promise<void> {
    const done = own.turn.then(() => this.#refreshNow(own))
    own.turn = done.catch(() => undefined)
    return done
  }

  async #refreshNow(own: Own): Promise<void> {
    const { clock, records, random } = this.#deps
    if (this.#isStopped) return
    own.isRefreshing = true
    own.dueMs = clock.now() + own.config.refreshMs * (1 - JITTER * random())
    try {
      await this.#follow()
      const fresh = newState(own.config)
      const before = this.#states.find(({ name }) => name === fresh.name)
      try {
        const isSame = before?.origin === fresh.origin && before.type === fresh.type
        const brought = await this.#ask(own.config, isSame ? before.commit : '')
        const good = { checkedMs: clock.now(), goodMs: clock.now(), failingSinceMs: 0, error: '' }
        if (brought !== undefined) await this.#take({ ...fresh, ...good }, brought)
        else if (before !== undefined) await records.note({ ...before, ...good })
      } catch (error) {
        if (this.#isStopped) return
        await records.note(this.#failed(before ?? fresh, error))
      }
      await this.#follow()
    } finally {
      own.isRefreshing = false
    }
  }

  async #ask(config: SourceConfig, known: string): Promise<Brought | undefined> {
    const { clock, read } = this.#deps
    const late = new AbortController()
    const seconds = config.refreshMsMax / 1000
    const timer = clock.after(config.refreshMsMax, () => {
      const message = `cannot read the source: no answer within ${seconds} s`
      late.abort(new NarthexError('timeout', message))
    })
    const signal = AbortSignal.any([late.signal, this.#stopping.signal])
    try {
      return await read(config, known, signal)
    } finally {
      timer.cancel()
    }
  }

  /** Nothing is taken of a source that has emptied itself; edits may all be taken back. */
  async #take(state: SourceState, { commit, files }: Brought): Promise<void> {
    const { entries, faults } = await readLayout(files)
    if (entries.size === 0 && state.name !== EDITS_SOURCE) {
      const reason = faults.at(0) ?? 'no entry, no rule file and no dashboard in it'
      throw new NarthexError('bad_data', `cannot use the source: it is empty: ${reason}`)
    }
    const texts: SourceText[] = []
    for (const [entry, files] of entries) {
      for (const [file, text] of files) texts.push({ entry, file, text })
    }
    await this.#deps.records.save({ ...state, commit, entries: entries.size, faults }, texts)
    this.#deps.log.info('content source refreshed', { source: state.name, entries: entries.size })
  }

  #failed(before: SourceState, error: unknown): SourceState {
    const { log, clock } = this.#deps
    const message = messageOf(error)
    log.warn('content source failed, what it had stays', { source: before.name, error: message })
    const failingSinceMs = before.failingSinceMs || clock.now()
    return { ...before, checkedMs: clock.now(), failingSinceMs, error: message }
  }

  /** Takes over what is in the records; shows it when anything of it is new. */
  #follow(): Promise<void> {
    const done = this.#following.then(() => this.#followNow())
    this.#following = done.catch(() => undefined)
    return done
  }

  async #followNow(): Promise<void> {
    const { records, show } = this.#deps
    const states = await records.sources()
    const held = new Map<string, Held>()
    for (const { name, revision } of states) {
      const before = this.#held.get(name)
      if (before?.revision === revision) held.set(name, before)
      else held.set(name, { revision, entries: groupTexts(await records.texts(name)) })
    }
    const isNew =
      held.size !== this.#held.size ||
      [...held].some(([name, { revision }]) => this.#held.get(name)?.revision !== revision)
    this.#states = states
    this.#held = held
    if (isNew) await show(fillShelf([...held].map(([name, { entries }]) => [name, entries])))
  }

  #warn(error: unknown): void {
    this.#deps.log.warn('content sources not followed', { error: messageOf(error) })
  }
}

function newState(config: SourceConfig): SourceState {
  const { name, type } = config
  const never = { checkedMs: 0, goodMs: 0, failingSinceMs: 0 }
  return {
    name,
    type,
    origin: originOf(config),
    commit: '',
    entries: 0,
    ...never,
    error: '',
    faults: [],
  }
}

function groupTexts(texts: readonly SourceText[]): ReadonlyMap<string, SourceTexts> {
  const entries = new Map<string, Map<EntryFileName, string>>()
  for (const { entry, file, text } of texts) {
    // A newer program may know more files.
    if (!isEntryFile(file)) continue
    const known = entries.get(entry) ?? new Map<EntryFileName, string>()
    entries.set(entry, known.set(file, text))
  }
  return entries
}

function isEntryFile(name: string): name is EntryFileName {
  return Object.hasOwn(ENTRY_FILE_BYTES_MAX, name)
}
