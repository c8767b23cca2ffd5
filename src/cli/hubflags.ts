/** The flags of `narthex hub` and the options they come to. */
import { parseSize } from '../base/size.ts'
import type { HubOptions } from '../roles/hub.ts'
import type { CommandSpec, FlagValues } from './flags.ts'
import { CATALOG_FLAG, FlagReader, LOG_FLAG, parseCount, webFlags } from './sharedflags.ts'

export const HUB: CommandSpec = {
  name: 'narthex hub',
  summary:
    'Keeps what is to be monitored: the catalogue of exporters, and the targets that Prometheus, ' +
    'vmagent and narthex ask for over HTTP.',
  flags: [
    {
      name: 'config.file',
      value: 'file',
      help: 'of which a hub reads narthex.hub: where the catalogue has further content from; reloaded on SIGHUP and POST /-/reload',
    },
    {
      name: 'storage.path',
      value: 'folder',
      help: 'where the records are kept',
      preset: 'data',
    },
    {
      name: 'database.url',
      value: 'url',
      help: 'PostgreSQL database for the records instead of the folder, so that several hubs share them: postgres://user:password@host/database; without a password in it, PGPASSWORD or PGPASSFILE are read',
      isSecret: true,
    },
    CATALOG_FLAG,
    ...[
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
    })),
    {
      name: 'limit.request-bytes',
      value: 'size',
      help: 'bytes of a request body: of a group of targets, or of a file to import',
      preset: '32MB',
      parse: parseSize,
    },
    ...webFlags(9395),
    LOG_FLAG,
  ],
  footer: [
    'Examples:',
    '  narthex hub --storage.path=/var/lib/narthex',
    '  narthex hub --database.url=postgres://narthex@db.example/narthex',
    '  narthex hub --web.config.file=web.yml --web.listen-address=0.0.0.0:9395',
    '',
    'Sizes take B, KB, MB, GB. Signals: SIGHUP reads the web configuration and the catalogue again,',
    'SIGTERM ends.',
  ].join('\n'),
}

/** The options of the role. */
export function readHubOptions(values: FlagValues, texts: ReadonlyMap<string, string>): HubOptions {
  const flags = new FlagReader(values)
  return {
    configFile: flags.text('config.file'),
    storagePath: flags.text('storage.path'),
    databaseUrl: flags.secret('database.url'),
    limits: {
      documentsMax: flags.number('hub.groups'),
      targetsMax: flags.number('hub.targets'),
      versionsMax: flags.number('hub.versions'),
      leasesMax: flags.number('hub.leases'),
      consumersMax: flags.number('hub.consumers'),
    },
    catalogPath: flags.text('catalog.path'),
    requestBytesMax: flags.number('limit.request-bytes'),
    web: flags.web(),
    flags: texts,
  }
}
