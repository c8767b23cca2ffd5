/** The flags of `narthex hub` and the options they come to. */
import { parseSize } from '../base/size.ts'
import type { HubOptions } from '../roles/hub.ts'
import { ADMITTING_FLAGS, readAdmitting } from './admittingflags.ts'
import type { CommandSpec, FlagValues } from './flags.ts'
import { DATABASE_FLAG, REGISTRY_FLAGS, readRegistering, SECRET_KEY_FLAG } from './recordsflags.ts'
import { CATALOG_FLAG, FlagReader, LOG_FLAG, webFlags } from './sharedflags.ts'

export const HUB: CommandSpec = {
  name: 'narthex hub',
  summary:
    'Keeps what is to be monitored: the catalogue of exporters, and the targets that Prometheus, ' +
    'vmagent and narthex ask for over HTTP.',
  flags: [
    {
      name: 'config.file',
      value: 'file',
      help: 'of which a hub reads narthex.hub, where the catalogue has further content from, and narthex.upstream; reloaded on SIGHUP and POST /-/reload',
    },
    {
      name: 'storage.path',
      value: 'folder',
      help: 'where the records are kept',
      preset: 'data',
    },
    DATABASE_FLAG,
    SECRET_KEY_FLAG,
    CATALOG_FLAG,
    {
      name: 'query.upstream',
      value: 'url',
      help: 'engine with the API of Prometheus that knows on which hosts exporters run; credentials go into narthex.upstream of the configuration',
    },
    ...REGISTRY_FLAGS,
    ...ADMITTING_FLAGS,
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
    'Tools beside it, each with --help: narthex hub groups, services, leases, changes, sources, refresh,',
    'users, tokens, install, installs, uninstall, export.',
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
    ...readRegistering(flags),
    ...readAdmitting(flags),
    catalogPath: flags.text('catalog.path'),
    upstreamUrl: flags.text('query.upstream'),
    secretKeyFile: flags.text('hub.secret-key-file'),
    requestBytesMax: flags.number('limit.request-bytes'),
    web: flags.web(),
    flags: texts,
  }
}
