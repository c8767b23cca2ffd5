/** Sources that are asked again and again: never twice at a time, failures keep what was good. */
import type { Timer } from '../../base/clock.ts'
import type { Labels } from '../../model/labels.ts'
import {
  type Provider,
  type ProviderContext,
  type ProviderKind,
  ProviderState,
} from './provider.ts'
import type { DiscoveryMetrics } from './sdmetrics.ts'

/** What one try came to. */
export interface Refreshed {
  readonly targets: readonly Labels[]
  /** Why a part of the targets is that of before; undefined when all are new. */
  readonly failure?: unknown
}

export interface RefreshOptions {
  readonly kind: ProviderKind
  /** What the status calls it; without credentials. */
  readonly source: string
  readonly intervalMs: number
  /**
   * Asks once.
   *
   * @param known the targets of before
   * @throws when nothing could be learned; the targets of before stay
   */
  readonly refresh: (signal: AbortSignal, known: readonly Labels[]) => Promise<Refreshed>
  readonly onFailure?: () => void
  readonly onStop?: () => void
}

/** Asks at once and then at each interval. */
export function startRefreshProvider(
  options: RefreshOptions,
  context: ProviderContext,
  metrics: DiscoveryMetrics,
): Provider {
  const { kind, source, intervalMs } = options
  const { clock } = context
  const state = new ProviderState(context, kind, source)
  const leaving = new AbortController()
  let timer: Timer | undefined

  const fail = (error: unknown, targets: readonly Labels[]): void => {
    options.onFailure?.()
    metrics.refreshFailures.with(kind).inc()
    state.fail(error, targets)
  }
  const refresh = async (): Promise<void> => {
    const startMs = clock.monotonicMs()
    try {
      const { targets, failure } = await options.refresh(leaving.signal, state.targets)
      if (leaving.signal.aborted) return
      if (failure === undefined) state.succeed(targets)
      else fail(failure, targets)
    } catch (error) {
      if (leaving.signal.aborted) return
      fail(error, state.targets)
    }
    const spentMs = clock.monotonicMs() - startMs
    metrics.refreshSeconds.observe(spentMs / 1000)
    timer = clock.after(Math.max(0, intervalMs - spentMs), () => void refresh())
  }
  void refresh()

  return {
    state,
    stop() {
      leaving.abort()
      timer?.cancel()
      options.onStop?.()
    },
  }
}
