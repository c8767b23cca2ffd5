/** The registry that a tool works on: of a hub that runs, or the records themselves. */
import { FollowedRegistry } from '../../hub/registry/registry.ts'
import { readRegistering } from '../recordsflags.ts'
import type { FlagReader } from '../sharedflags.ts'
import { clientOf, withRecords } from './recordsplace.ts'
import { RemoteRegistry, type ToolRegistry } from './remoteregistry.ts'

/** Opens the registry, uses it, and closes it. @throws NarthexError */
export async function withRegistry<T>(
  flags: FlagReader,
  use: (registry: ToolRegistry) => Promise<T>,
): Promise<T> {
  const client = clientOf(flags)
  if (client !== undefined) return await use(new RemoteRegistry(client))
  const { storagePath, databaseUrl, limits } = readRegistering(flags)
  return await withRecords(storagePath, databaseUrl, false, ({ records, life, room }) =>
    use(
      life.own(
        new FollowedRegistry({
          ...{ records: records.registry, limits, ...room },
          workerFile: new URL('./editworker.js', import.meta.url),
        }),
      ),
    ),
  )
}
