/** The flags of `narthex ingester` and the options they come to. */
import type { IngesterOptions } from '../roles/ingester.ts'
import type { CommandSpec, FlagValues } from './flags.ts'
import {
  CONFIG_FLAG,
  FlagReader,
  LOG_FLAG,
  PUSH_FLAGS,
  SEND_FLAGS,
  webFlags,
} from './sharedflags.ts'

/** Nobody pushes to an ingester: of these bounds its messages have all but the one of requests. */
const MESSAGE_FLAGS = PUSH_FLAGS.filter(({ name }) => name !== 'limit.request-bytes')

export const INGESTER: CommandSpec = {
  name: 'narthex ingester',
  summary:
    'Reads topics of Kafka and passes them on to its destinations; what as many of them as the ' +
    'policy wants have written is committed.',
  flags: [CONFIG_FLAG, ...MESSAGE_FLAGS, ...SEND_FLAGS, ...webFlags(9394), LOG_FLAG],
  footer: [
    'Example:',
    '  narthex ingester --config.file=ingester.yml',
    '',
    'What is read stands in the configuration, under narthex.ingester.kafka.',
    'Sizes take B, KB, MB, GB; durations ms, s, m, h, d, w, y.',
    'Signals: SIGHUP reloads, SIGTERM ends.',
  ].join('\n'),
}

/** The options of the role. */
export function readIngesterOptions(
  values: FlagValues,
  texts: ReadonlyMap<string, string>,
): IngesterOptions {
  const flags = new FlagReader(values)
  return {
    configFile: flags.text('config.file'),
    send: flags.sending(),
    web: flags.web(),
    labels: flags.labels(),
    messageBytesMax: flags.number('limit.decoded-bytes'),
    flags: texts,
  }
}
