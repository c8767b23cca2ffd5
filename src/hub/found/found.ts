/** Where the entries of the catalogue run, asked when somebody wants to know, and remembered a moment. */
import type { Clock } from '../../base/clock.ts'
import { ALL_ENTRIES, type CatalogueView } from '../../model/catalogue.ts'
import type {
  Found,
  FoundEntry,
  FoundView,
  MetricPlaces,
  Recognition,
  TargetKey,
} from '../../model/found.ts'
import { guessByName, recogniseByMetrics } from './recognise.ts'

/** How long an answer is good, in ms: what looks at the list asks for it at once from many browsers. */
const FRESH_MS = 10_000

interface FoundDeps {
  readonly catalogue: CatalogueView
  readonly clock: Clock
}

/** Proves it by the metrics that targets have. */
export function foundByMetrics(deps: FoundDeps & { readonly places: MetricPlaces }): FoundView {
  return new RememberedFound(deps.clock, 'metrics', async () => {
    const recognitions = recognitionsOf(deps.catalogue)
    const metrics = new Set(recognitions.flatMap((each) => each.metrics))
    return recogniseByMetrics(recognitions, await deps.places.targetsWith([...metrics]))
  })
}

/** Guesses it from targets that nobody here has asked. */
export function foundByName(
  deps: FoundDeps & { targets(): Promise<readonly TargetKey[]> },
): FoundView {
  return new RememberedFound(deps.clock, 'registry', async () =>
    guessByName(recognitionsOf(deps.catalogue), await deps.targets()),
  )
}

class RememberedFound implements FoundView {
  readonly #clock: Clock
  readonly #by: Found['by']
  readonly #look: () => Promise<readonly FoundEntry[]>
  #last: Promise<Found> | undefined
  #untilMs = 0

  constructor(clock: Clock, by: Found['by'], look: () => Promise<readonly FoundEntry[]>) {
    this.#clock = clock
    this.#by = by
    this.#look = look
  }

  found(): Promise<Found> {
    const nowMs = this.#clock.monotonicMs()
    if (this.#last !== undefined && nowMs < this.#untilMs) return this.#last
    this.#untilMs = nowMs + FRESH_MS
    this.#last = this.#ask()
    return this.#last
  }

  async #ask(): Promise<Found> {
    try {
      const entries = await this.#look()
      return { by: this.#by, atMs: this.#clock.now(), entries }
    } catch (error) {
      // The next one who asks tries again.
      this.#last = undefined
      throw error
    }
  }
}

function recognitionsOf(catalogue: CatalogueView): readonly Recognition[] {
  return catalogue.entries(ALL_ENTRIES).map(({ name, port }) => ({
    ...{ entry: name, port },
    metrics: catalogue.entry(name)?.recognise ?? [],
  }))
}
