/** The flags of `narthex agent` and the options they come to. */
import { parseShard, type Shard } from '../config/shard.ts'
import type { AgentOptions } from '../roles/agent.ts'
import type { CommandSpec, FlagValues } from './flags.ts'
import {
  CONFIG_FLAG,
  FEATURE_FLAG,
  FlagReader,
  LOG_FLAG,
  SEND_FLAGS,
  STRICT_FLAG,
  webFlags,
} from './sharedflags.ts'

export const AGENT: CommandSpec = {
  name: 'narthex agent',
  summary:
    'Scrapes and passes on; keeps nothing on disk. Without a configuration file it watches this ' +
    'machine and the exporters it finds on the loopback addresses.',
  flags: [
    CONFIG_FLAG,
    {
      name: 'shard',
      value: 'index/count',
      help: 'which part of the targets is ours when several agents share a configuration; narthex.shard of the configuration wins, and may change at a reload',
      parse: parseShard,
    },
    ...SEND_FLAGS,
    ...webFlags(9391),
    STRICT_FLAG,
    FEATURE_FLAG,
    {
      name: 'runtime.keep-pages',
      help: "keep the memory that the start has left: free pages, and pages of the runtime's own file, which are read again when they are needed; otherwise they are given back after 20 s and now and then, on Linux with glibc",
    },
    LOG_FLAG,
  ],
  footer: [
    'Examples:',
    '  narthex agent --config.file=prometheus.yml   what a Prometheus agent would do',
    '  narthex agent --remote-write.url=http://127.0.0.1:9390/api/v1/write',
    '',
    'Sizes take B, KB, MB, GB; durations ms, s, m, h, d, w, y. Signals: SIGHUP reloads, SIGTERM ends.',
  ].join('\n'),
}

/** The options of the role. */
export function readAgentOptions(
  values: FlagValues,
  texts: ReadonlyMap<string, string>,
): AgentOptions {
  const flags = new FlagReader(values)
  return {
    configFile: flags.text('config.file'),
    ...(values.get('shard') === undefined ? {} : { shard: values.get('shard') as Shard }),
    send: flags.sending(),
    web: flags.web(),
    strictOpenMetrics: flags.isOn('scrape.strict-openmetrics'),
    features: flags.list('enable-feature'),
    keepsPages: flags.isOn('runtime.keep-pages'),
    flags: texts,
  }
}
