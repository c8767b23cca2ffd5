/** Flags of roles that have the rooms of a hub: where its records are, and how many. */
import type { RegistryLimits } from '../hub/registry/registry.ts'
import type { RegisteringOptions } from '../roles/registering.ts'
import type { Flag } from './flags.ts'
import { type FlagReader, parseCount } from './sharedflags.ts'

/** A database instead of the folder. */
export const DATABASE_FLAG: Flag = {
  name: 'database.url',
  value: 'url',
  help: 'PostgreSQL database for the records instead of the folder, so that several hubs share them: postgres://user:password@host/database; without a password in it, PGPASSWORD or PGPASSFILE are read',
  isSecret: true,
}

/** What seals secrets in the records. */
export const SECRET_KEY_FLAG: Flag = {
  name: 'hub.secret-key-file',
  value: 'file',
  help: 'key for the tokens of content sources that are kept in the records: 32 bytes in base64 or hexadecimal, the same for all hubs of a database; when absent, without --database.url, secret.key in the folder, made when it is first needed',
}

/** Bounds of the registry. */
export const REGISTRY_FLAGS: readonly Flag[] = [
  ['groups', 'groups and services; one more is refused', '10000'],
  ['targets', 'targets of all groups and services; a change beyond is refused', '500000'],
  ['versions', 'versions kept of a group or service', '50'],
  ['leases', 'targets that have registered themselves; one more is refused', '10000'],
  ['consumers', 'consumers that are remembered; the longest unseen are forgotten', '1000'],
].map(([name, help, preset]) => ({
  name: `hub.${name}`,
  value: 'count',
  help,
  preset,
  parse: parseCount,
}))

/** What both say. */
export function readRegistering(flags: FlagReader): RegisteringOptions {
  const limits: RegistryLimits = {
    documentsMax: flags.number('hub.groups'),
    targetsMax: flags.number('hub.targets'),
    versionsMax: flags.number('hub.versions'),
    leasesMax: flags.number('hub.leases'),
    consumersMax: flags.number('hub.consumers'),
  }
  return {
    storagePath: flags.text('storage.path'),
    databaseUrl: flags.secret('database.url'),
    limits,
  }
}
