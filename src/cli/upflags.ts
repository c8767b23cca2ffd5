/** The flags of `narthex up` and the options they come to. */

import type { UpOptions } from '../roles/up.ts'
import { ACCOUNT_FLAGS, readAccounts } from './admittingflags.ts'
import type { CommandSpec, FlagValues } from './flags.ts'
import { QUERY_FLAGS, readKeeping, STORAGE_FLAGS } from './keepingflags.ts'
import { DATABASE_FLAG, REGISTRY_FLAGS, readRegistering, SECRET_KEY_FLAG } from './recordsflags.ts'
import {
  CATALOG_FLAG,
  CONFIG_FLAG,
  FEATURE_FLAG,
  FlagReader,
  LOG_FLAG,
  PUSH_FLAGS,
  RECEIVE_FLAGS,
  SEND_FLAGS,
  STRICT_FLAG,
  webFlags,
} from './sharedflags.ts'

export const UP: CommandSpec = {
  name: 'narthex up',
  summary:
    'Scrapes, keeps, answers and draws, all in one process on one port. Without a configuration ' +
    'file it watches this machine, itself and the exporters it finds on the loopback addresses.',
  flags: [
    CONFIG_FLAG,
    ...STORAGE_FLAGS,
    ...webFlags(9390),
    ...QUERY_FLAGS,
    ...PUSH_FLAGS,
    ...RECEIVE_FLAGS,
    ...SEND_FLAGS,
    STRICT_FLAG,
    FEATURE_FLAG,
    DATABASE_FLAG,
    SECRET_KEY_FLAG,
    ...REGISTRY_FLAGS,
    ...ACCOUNT_FLAGS,
    CATALOG_FLAG,
    LOG_FLAG,
  ],
  footer: [
    'Examples:',
    '  narthex up                                  watch this machine, open http://127.0.0.1:9390',
    '  narthex up --config.file=prometheus.yml     do what an existing prometheus.yml says',
    '  narthex up --web.listen-address=0.0.0.0:9390 --web.config.file=web.yml',
    '',
    'Sizes take B, KB, MB, GB; durations ms, s, m, h, d, w, y. Signals: SIGHUP reloads, SIGTERM ends.',
  ].join('\n'),
}

/** The options of the role. */
export function readUpOptions(values: FlagValues, texts: ReadonlyMap<string, string>): UpOptions {
  const flags = new FlagReader(values)
  return {
    configFile: flags.text('config.file'),
    ...readKeeping(flags),
    ...readRegistering(flags),
    ...readAccounts(flags),
    web: flags.web(),
    push: flags.push(),
    send: flags.sending(),
    catalogPath: flags.text('catalog.path'),
    secretKeyFile: flags.text('hub.secret-key-file'),
    strictOpenMetrics: flags.isOn('scrape.strict-openmetrics'),
    flags: texts,
  }
}
