/** One refresh of one source: asked within its time, and noted whatever becomes of it. */
import type { Clock } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import { EDITS_SOURCE } from '../../model/edits.ts'
import type { KeptSource, SourceRecords, SourceText } from '../../model/sources.ts'
import { type Asked, newState } from './asked.ts'
import type { Holding } from './holding.ts'
import { readLayout } from './layout.ts'
import { type Brought, type Known, NOTHING_KNOWN, Postponed, type ReadSource } from './source.ts'

/** Faults of files that are told of a source. */
const FAULTS_MAX = 50

export interface RefreshDeps {
  readonly records: SourceRecords
  readonly holding: Holding
  readonly read: ReadSource
  readonly clock: Clock
  readonly log: Log
}

/**
 * Asks a source; what it had stays when it fails.
 *
 * @param signal when nobody wants to know any more
 * @throws NarthexError of the records
 */
export async function refreshSource(
  asked: Asked,
  deps: RefreshDeps,
  signal: AbortSignal,
): Promise<void> {
  const { clock, holding, records } = deps
  const { config, version } = asked
  if (clock.now() < asked.notBeforeMs) return
  if ((holding.settings.get(config.name)?.version ?? 0) !== version) {
    const message =
      'somebody has added a source of this name, wanted another name in the configuration'
    asked.fault = { message, sinceMs: clock.now() }
    return
  }
  asked.notBeforeMs = 0
  const fresh = newState(config)
  const stored = holding.states.get(config.name)
  const isSame = stored?.origin === fresh.origin && stored.type === fresh.type
  const before = isSame ? stored : { ...(stored ?? fresh), ...placeOf(fresh) }
  const known = isSame
    ? { commit: stored.commit, tag: stored.tag, texts: () => holding.textsOf(config.name) }
    : NOTHING_KNOWN
  try {
    const brought = await ask(asked, known, deps, signal)
    const good = { checkedMs: clock.now(), goodMs: clock.now(), failingSinceMs: 0, error: '' }
    if (brought === undefined) await records.note({ ...before, ...good }, version)
    else await take({ ...fresh, ...good }, brought, version, deps)
  } catch (error) {
    if (signal.aborted) return
    if (error instanceof Postponed) {
      asked.notBeforeMs = error.untilMs
      asked.dueMs = error.untilMs
    }
    await records.note(failed(before, error, deps), version)
  }
}

/** Another address begins anew; what it had is shown until then. */
function placeOf({ type, origin }: KeptSource): Partial<KeptSource> {
  return { type, origin, commit: '', tag: '' }
}

async function ask(
  asked: Asked,
  known: Known,
  { clock, read }: RefreshDeps,
  signal: AbortSignal,
): Promise<Brought | undefined> {
  const late = new AbortController()
  const { refreshMsMax } = asked.config
  const timer = clock.after(refreshMsMax, () => {
    const message = `cannot read the source: no answer within ${refreshMsMax / 1000} s`
    late.abort(new NarthexError('timeout', message))
  })
  try {
    return await read(asked.config, known, {
      signal: AbortSignal.any([late.signal, signal]),
      progress: (progress) => {
        asked.progress = progress
      },
    })
  } finally {
    timer.cancel()
  }
}

/** Nothing is taken of a source that has emptied itself; edits may all be taken back. */
async function take(
  state: KeptSource,
  brought: Brought,
  version: number,
  { records, log }: RefreshDeps,
): Promise<void> {
  const isEdits = state.name === EDITS_SOURCE
  const layout = await readLayout(brought.files, isEdits)
  const { entries } = layout
  const faults = [...brought.faults, ...layout.faults].slice(0, FAULTS_MAX)
  if (entries.size === 0 && !isEdits) {
    const reason = faults.at(0) ?? 'no entry, no rule file and no dashboard in it'
    throw new NarthexError('bad_data', `cannot use the source: it is empty: ${reason}`)
  }
  const texts: SourceText[] = []
  for (const [entry, files] of entries) {
    for (const [file, text] of files) texts.push({ entry, file, text })
  }
  const { commit, tag } = brought
  const kept = { ...state, commit, tag, entries: entries.size, faults }
  if (!(await records.save(kept, texts, version))) return
  log.info('content source refreshed', { source: state.name, entries: entries.size })
}

function failed(before: KeptSource, error: unknown, { log, clock }: RefreshDeps): KeptSource {
  const message = messageOf(error)
  log.warn('content source failed, what it had stays', { source: before.name, error: message })
  const failingSinceMs = before.failingSinceMs || clock.now()
  return { ...before, checkedMs: clock.now(), failingSinceMs, error: message }
}
