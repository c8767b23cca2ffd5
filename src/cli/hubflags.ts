/** The flags of `narthex hub` and the options they come to. */
import { parseSize } from '../base/size.ts'
import type { HubOptions } from '../roles/hub.ts'
import type { CommandSpec, FlagValues } from './flags.ts'
import { FlagReader, LOG_FLAG, webFlags } from './sharedflags.ts'

export const HUB: CommandSpec = {
  name: 'narthex hub',
  summary:
    'Keeps what is to be monitored: the catalogue of exporters, and the targets that Prometheus, ' +
    'vmagent and narthex ask for over HTTP.',
  flags: [
    {
      name: 'storage.path',
      value: 'folder',
      help: 'where the records are kept',
      preset: 'data',
    },
    {
      name: 'catalog.path',
      value: 'folder',
      help: 'where the entries of the catalogue are; those that come with the program when absent',
    },
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
    storagePath: flags.text('storage.path'),
    catalogPath: flags.text('catalog.path'),
    requestBytesMax: flags.number('limit.request-bytes'),
    web: flags.web(),
    flags: texts,
  }
}
