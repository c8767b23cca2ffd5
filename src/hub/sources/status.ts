/** Sources as people see them: what is in the records, and what this hub knows besides. */
import { BUNDLED_SOURCE, EDITS_SOURCE } from '../../model/edits.ts'
import type { SourcePlaceKind, SourceState, SourceStatus } from '../../model/sources.ts'
import { type Asked, newState } from './asked.ts'
import type { Holding } from './holding.ts'
import { addedOf } from './settings.ts'

/** All sources: the one of the program first, the others by name. */
export function listStatuses(
  bundled: SourceState,
  asked: readonly Asked[],
  { states, settings }: Pick<Holding, 'states' | 'settings'>,
): readonly SourceStatus[] {
  const known = new Map<string, SourceState>(states)
  for (const { config } of asked) {
    if (!known.has(config.name)) known.set(config.name, newState(config))
  }
  const sorted = [...known.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return [bundled, ...sorted].map((state) => {
    const own = asked.find(({ config }) => config.name === state.name)
    const kept = settings.get(state.name)
    return {
      ...stateOf(state),
      ...faultOf(state, own),
      place: placeOf(state, own, kept !== undefined),
      added: kept === undefined ? null : addedOf(kept),
      isRefreshing: own !== undefined && own.progress !== null,
      progress: own?.progress ?? null,
      nextMs: own?.dueMs ?? 0,
    }
  })
}

/** Without what only the records need. */
function stateOf(state: SourceState): SourceState {
  const { name, type, origin, commit, entries, checkedMs, goodMs, failingSinceMs, error } = state
  return {
    ...{ name, type, origin, commit, entries, checkedMs, goodMs, failingSinceMs, error },
    faults: state.faults,
  }
}

/** Why this hub cannot ask it, which others do not know. */
function faultOf(state: SourceState, own: Asked | undefined): Partial<SourceState> {
  if (own?.fault === undefined) return {}
  return { error: own.fault.message, failingSinceMs: state.failingSinceMs || own.fault.sinceMs }
}

function placeOf({ name }: SourceState, own: Asked | undefined, isKept: boolean): SourcePlaceKind {
  if (name === BUNDLED_SOURCE) return 'program'
  if (name === EDITS_SOURCE) return 'edits'
  if (own !== undefined && own.version === 0) return 'configuration'
  return isKept ? 'records' : 'elsewhere'
}
