/** Which entries of the catalogue targets are: proved by their metrics, or guessed from how they are called. */
import type { FoundEntry, Recognition, TargetKey } from '../../model/found.ts'
import { compareText } from '../../model/labels.ts'

/** Most targets that are told of one entry. */
export const FOUND_TARGETS_MAX = 1000

/** The entries of which a target has every metric that tells them. */
export function recogniseByMetrics(
  recognitions: readonly Recognition[],
  places: ReadonlyMap<string, readonly TargetKey[]>,
): readonly FoundEntry[] {
  return recognitions.flatMap(({ entry, metrics }) => {
    const [first, ...others] = metrics.map((metric) => byKey(places.get(metric) ?? []))
    if (first === undefined) return []
    const targets = [...first].filter(([key]) => others.every((other) => other.has(key)))
    return foundOn(
      entry,
      targets.map(([, target]) => target),
    )
  })
}

/**
 * The entries that targets probably are: by their job, where it is called like one, else by their
 * port, where only one entry has it.
 */
export function guessByName(
  recognitions: readonly Recognition[],
  targets: readonly TargetKey[],
): readonly FoundEntry[] {
  const names = new Set(recognitions.map(({ entry }) => entry))
  const byPort = Map.groupBy(recognitions, ({ port }) => port)
  const entryOf = ({ job, instance }: TargetKey): string | undefined => {
    const name = job.toLowerCase().replace(/[-_]exporter$/, '')
    if (names.has(name)) return name
    const others = byPort.get(portOf(instance)) ?? []
    return others.length === 1 ? others[0].entry : undefined
  }
  const found = Map.groupBy(targets, entryOf)
  return recognitions.flatMap(({ entry }) => foundOn(entry, found.get(entry) ?? []))
}

function foundOn(entry: string, found: readonly TargetKey[]): readonly FoundEntry[] {
  if (found.length === 0) return []
  const targets = [...byKey(found).values()].sort(
    (a, b) => compareText(a.instance, b.instance) || compareText(a.job, b.job),
  )
  const hosts = new Set(targets.map(({ instance }) => hostOf(instance))).size
  const targetCount = targets.length
  return [{ entry, hosts, targetCount, targets: targets.slice(0, FOUND_TARGETS_MAX) }]
}

function byKey(targets: readonly TargetKey[]): ReadonlyMap<string, TargetKey> {
  return new Map(targets.map((target) => [JSON.stringify([target.job, target.instance]), target]))
}

/** `[2001:db8::1]:9100` is on the host `[2001:db8::1]`. */
function hostOf(instance: string): string {
  return instance.replace(/:\d+$/, '')
}

/** -1 for an instance without one. */
function portOf(instance: string): number {
  const port = /:(\d+)$/.exec(instance)?.[1]
  return port === undefined ? -1 : Number(port)
}
