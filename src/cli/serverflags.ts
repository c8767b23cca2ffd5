/** The flags of `narthex server` and the options they come to. */
import type { ServerOptions } from '../roles/server.ts'
import type { CommandSpec, FlagValues } from './flags.ts'
import { QUERY_FLAGS, readKeeping, STORAGE_FLAGS } from './keepingflags.ts'
import {
  CONFIG_FLAG,
  FEATURE_FLAG,
  FlagReader,
  LOG_FLAG,
  PUSH_FLAGS,
  RECEIVE_FLAGS,
  SEND_FLAGS,
  webFlags,
} from './sharedflags.ts'

export const SERVER: CommandSpec = {
  name: 'narthex server',
  summary:
    'Keeps what agents, gateways and others push, answers and draws; scrapes nothing. With ' +
    '--query.upstream it keeps nothing and lets an existing engine answer.',
  flags: [
    CONFIG_FLAG,
    {
      name: 'query.upstream',
      value: 'url',
      help: 'engine with the API of Prometheus that answers instead of a store; credentials go into narthex.upstream of the configuration',
    },
    ...STORAGE_FLAGS,
    ...webFlags(9390),
    ...QUERY_FLAGS,
    ...PUSH_FLAGS,
    ...RECEIVE_FLAGS,
    ...SEND_FLAGS,
    FEATURE_FLAG,
    LOG_FLAG,
  ],
  footer: [
    'Examples:',
    '  narthex server --storage.path=data',
    '  narthex server --query.upstream=http://127.0.0.1:9090',
    '',
    'Sizes take B, KB, MB, GB; durations ms, s, m, h, d, w, y. Signals: SIGHUP reloads, SIGTERM ends.',
  ].join('\n'),
}

/** The options of the role. */
export function readServerOptions(
  values: FlagValues,
  texts: ReadonlyMap<string, string>,
): ServerOptions {
  const flags = new FlagReader(values)
  return {
    ...readKeeping(flags),
    configFile: flags.text('config.file'),
    upstreamUrl: flags.text('query.upstream'),
    web: flags.web(),
    push: flags.push(),
    send: flags.sending(),
    flags: texts,
  }
}
