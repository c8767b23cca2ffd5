/** Targets of the registry by job and instance, read anew only when the list is another one. */
import type { TargetKey } from '../../model/found.ts'
import type { Registry, TargetEntry, TargetQuery } from '../../model/registry.ts'

const ALL_TARGETS: TargetQuery = { job: '', labels: new Map() }

export function registeredTargets(
  registry: Pick<Registry, 'targets'>,
): () => Promise<readonly TargetKey[]> {
  let known = ''
  let targets: readonly TargetKey[] = []
  return async () => {
    const { etag, json } = await registry.targets(ALL_TARGETS)
    if (etag !== known) {
      const entries = JSON.parse(new TextDecoder().decode(json)) as readonly TargetEntry[]
      targets = entries.flatMap(({ targets: instances, labels = {} }) =>
        instances.map((instance) => ({ job: labels.job ?? '', instance })),
      )
      known = etag
    }
    return targets
  }
}
