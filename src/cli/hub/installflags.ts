/** The flags of the tools of `narthex hub`: install, installs, uninstall and export. */
import type { CommandSpec, Flag } from '../flags.ts'
import { DATABASE_FLAG } from '../recordsflags.ts'
import { CATALOG_FLAG, CONFIG_FLAG } from '../sharedflags.ts'
import { TOKEN_FILE_FLAG } from './place.ts'

const TARGETS: readonly Flag[] = [
  {
    name: 'targets',
    value: 'host:port',
    help: 'what to scrape; the port of the entry where there is none; may be given more than once, or with commas',
    many: true,
  },
  { name: 'job', value: 'name', help: 'name of the job; that of the entry when absent' },
  {
    name: 'interval',
    value: 'duration',
    help: 'how often the targets are scraped, 1s to 4m; as the configuration says when absent',
  },
]

/** What has further content of the catalogue. */
const CONTENT: readonly Flag[] = [CATALOG_FLAG, DATABASE_FLAG]

/** Which installations: of a folder, or of a server that runs. */
const PLACE: readonly Flag[] = [
  {
    name: 'storage.path',
    value: 'folder',
    help: 'data folder of narthex up, in whose config.d they are; data when absent',
  },
  {
    name: 'url',
    value: 'url',
    help: 'address of a narthex up that runs, instead of its folder: it takes over at once',
  },
  TOKEN_FILE_FLAG,
]

const CONFIG: Flag = {
  ...CONFIG_FLAG,
  help: 'prometheus.yml of that folder, whose jobs are not to be installed again',
}

export const HUB_INSTALL: CommandSpec = {
  name: 'narthex hub install',
  summary:
    'Puts an entry of the catalogue to use: writes a scrape job, its rules and its dashboard into ' +
    'the folder config.d of the data folder, or has a server that runs do that.',
  arguments: '<entry>',
  flags: [...TARGETS, ...PLACE, CONFIG, ...CONTENT],
}

export const HUB_INSTALLS: CommandSpec = {
  name: 'narthex hub installs',
  summary: 'Lists what was installed.',
  flags: PLACE,
}

export const HUB_UNINSTALL: CommandSpec = {
  name: 'narthex hub uninstall',
  summary: 'Deletes exactly the files of an installation.',
  arguments: '<name>',
  flags: PLACE,
}

export const HUB_EXPORT: CommandSpec = {
  name: 'narthex hub export',
  summary:
    'Writes what would be installed as files for Prometheus, Alertmanager and Grafana, and a ' +
    'README.md that says which is for what.',
  arguments: '<entry>',
  flags: [
    ...TARGETS,
    { name: 'to', value: 'folder', help: 'where to write them; files in the way are refused' },
    {
      name: 'storage.path',
      value: 'folder',
      help: 'data folder of a narthex up or hub, of whose catalogue the entry is; data when absent',
    },
    { name: 'url', value: 'url', help: 'address of one that runs, instead of its folder' },
    TOKEN_FILE_FLAG,
    ...CONTENT,
  ],
}
