/** A source that this hub asks: when it is due, how far it is, and why it cannot be asked. */
import type { SourceConfig } from '../../config/source.ts'
import type { KeptSource, SourceProgress, SourceSettings } from '../../model/sources.ts'
import { configOf, type TokenKeeper } from './settings.ts'
import { originOf } from './source.ts'

/** A refresh comes up to this part of its interval earlier, so that hubs do not all ask at once. */
const JITTER = 0.1

/** Why this hub cannot ask a source; others may. */
export interface LocalFault {
  readonly message: string
  readonly sinceMs: number
}

export class Asked {
  readonly config: SourceConfig
  /** Of its settings in the records; 0 where it stands in the configuration. */
  readonly version: number
  dueMs = 0
  /** Until when the source does not want to be asked. */
  notBeforeMs = 0
  progress: SourceProgress | null = null
  fault: LocalFault | undefined
  /** Whoever asks it waits for who does so already. */
  turn: Promise<unknown> = Promise.resolve()
  /** Fires when it is removed, or others have changed it. */
  readonly gone: AbortController = new AbortController()

  constructor(config: SourceConfig, version: number, fault?: LocalFault) {
    this.config = config
    this.version = version
    this.fault = fault
  }

  /** Asked again after its interval. */
  planNext(nowMs: number, random: () => number): void {
    this.dueMs = Math.round(nowMs + this.config.refreshMs * (1 - JITTER * random()))
  }

  /** Another hub has asked it: that counts for all. */
  noteAsked(checkedMs: number): void {
    const nextMs = Math.round(checkedMs + this.config.refreshMs * (1 - JITTER))
    if (this.notBeforeMs === 0) this.dueMs = Math.max(this.dueMs, nextMs)
  }
}

/**
 * Those of the configuration, and those that people have added under other names. Who is there
 * already and has not changed goes on as it is.
 */
export function arrange(
  before: readonly Asked[],
  configured: readonly Asked[],
  settings: Iterable<SourceSettings>,
  { tokens, nowMs }: { readonly tokens: TokenKeeper; readonly nowMs: number },
): readonly Asked[] {
  const names = new Set(configured.map(({ config }) => config.name))
  const added = [...settings]
    .filter(({ name }) => !names.has(name))
    .map((each) => {
      const known = before.find(
        ({ config, version }) => config.name === each.name && version === each.version,
      )
      if (known !== undefined && known.fault === undefined) return known
      const { config, fault } = configOf(each, tokens)
      if (known !== undefined && fault !== '') return known
      const sinceMs = nowMs
      return new Asked(config, each.version, fault === '' ? undefined : { message: fault, sinceMs })
    })
  const asked = [...configured, ...added]
  for (const each of before) if (!asked.includes(each)) each.gone.abort()
  return asked
}

/** A source of which nothing is known yet. */
export function newState(config: SourceConfig): KeptSource {
  const { name, type } = config
  const never = { checkedMs: 0, goodMs: 0, failingSinceMs: 0 }
  const nothing = { commit: '', tag: '', entries: 0, error: '', faults: [] }
  return { name, type, origin: originOf(config), ...never, ...nothing }
}
