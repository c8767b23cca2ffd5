/** The registry that a tool works on: of a hub that runs, or the records themselves. */
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { systemClock } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import { Lifecycle } from '../../base/lifecycle.ts'
import { silentLog } from '../../base/log.ts'
import { Metrics } from '../../base/metrics.ts'
import { FollowedRegistry } from '../../hub/registry/registry.ts'
import { recordsFile } from '../../records/place.ts'
import { openRecords } from '../../records/records.ts'
import { readRegistering } from '../recordsflags.ts'
import type { FlagReader } from '../sharedflags.ts'
import { HubClient } from './client.ts'
import { HUB_URL, readToken } from './place.ts'
import { RemoteRegistry, type ToolRegistry } from './remoteregistry.ts'

/** What a tool does with the registry. */
type Use<T> = (registry: ToolRegistry) => Promise<T>

/** How history names who works on the records themselves. */
export function callerName(): string {
  return `${userInfo().username} (command line)`
}

/** Opens the registry, uses it, and closes it. @throws NarthexError */
export async function withRegistry<T>(flags: FlagReader, use: Use<T>): Promise<T> {
  const url = flags.text('url')
  const isDirect = flags.text('storage.path') !== '' || flags.secret('database.url') !== undefined
  if (isDirect && url !== '') {
    throw new NarthexError(
      'bad_data',
      'cannot use --url with --storage.path or --database.url: wanted one of them',
    )
  }
  if (isDirect) return await withRecords(flags, use)
  const client = new HubClient(url || HUB_URL, readToken(flags.text('url.token-file')))
  return await use(new RemoteRegistry(client))
}

async function withRecords<T>(flags: FlagReader, use: Use<T>): Promise<T> {
  const { storagePath, databaseUrl, limits } = readRegistering(flags)
  const file = recordsFile(storagePath)
  if (databaseUrl === undefined && !existsSync(file)) {
    throw new NarthexError('not_found', `cannot open ${file}: it is not there, start a hub first`)
  }
  const life = new Lifecycle()
  const room = { clock: systemClock, log: silentLog, metrics: new Metrics() }
  try {
    const records = life.own(await openRecords({ path: storagePath, url: databaseUrl, ...room }))
    const registry = life.own(new FollowedRegistry({ records: records.registry, limits, ...room }))
    return await use(registry)
  } finally {
    await life.stop()
  }
}
