/** Flags of the tools that work on targets. */
import type { Flag } from '../flags.ts'
import { DATABASE_FLAG, REGISTRY_FLAGS } from '../recordsflags.ts'
import { TOKEN_FILE_FLAG } from './place.ts'

/** Where the registry is. */
export const REGISTRY_PLACE: readonly Flag[] = [
  {
    name: 'url',
    value: 'url',
    help: 'address of the hub; http://127.0.0.1:9395 where neither a folder nor a database is named',
  },
  TOKEN_FILE_FLAG,
  {
    name: 'storage.path',
    value: 'folder',
    help: 'records of a hub in this folder, instead of asking one that runs',
  },
  DATABASE_FLAG,
]

/** Where it is, and how much may be in it where no hub judges that. */
export const CHANGING_PLACE: readonly Flag[] = [...REGISTRY_PLACE, ...REGISTRY_FLAGS]

export const FORMAT_FLAG: Flag = {
  name: 'format',
  value: 'word',
  help: 'json, yaml or csv; of a file by its name when absent, else json',
}

export const DRY_RUN_FLAG: Flag = {
  name: 'dry-run',
  help: 'say what would be done, and do nothing',
}

export const SEARCH_FLAG: Flag = {
  name: 'search',
  value: 'text',
  help: 'only those that have it in their names, targets or labels',
}
