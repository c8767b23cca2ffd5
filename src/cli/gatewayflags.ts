/** The flags of `narthex gateway` and the options they come to. */
import { parseSize } from '../base/size.ts'
import type { GatewayOptions } from '../roles/gateway.ts'
import type { CommandSpec, FlagValues } from './flags.ts'
import {
  CONFIG_FLAG,
  FlagReader,
  LOG_FLAG,
  PASSING_FLAGS,
  PUSH_FLAGS,
  parseCount,
  RECEIVE_FLAGS,
  SEND_FLAGS,
  webFlags,
} from './sharedflags.ts'

export const GATEWAY: CommandSpec = {
  name: 'narthex gateway',
  summary:
    'Takes what agents and others push, passes it on to its destinations, and acknowledges what ' +
    'as many of them as the policy wants have written.',
  flags: [
    CONFIG_FLAG,
    {
      name: 'gateway.grpc-address',
      value: 'host:port',
      help: 'where agents connect; may be given more than once',
      preset: '127.0.0.1:9393',
      many: true,
    },
    {
      name: 'gateway.agents',
      value: 'count',
      help: 'agents that are known; more are refused',
      preset: '10000',
      parse: parseCount,
    },
    {
      name: 'gateway.agent-series',
      value: 'count',
      help: 'series of one agent; new ones beyond it are refused, known ones go on',
      preset: '1000000',
      parse: parseCount,
    },
    {
      name: 'gateway.agent-samples-per-second',
      value: 'count',
      help: 'samples of one agent; beyond it, it has to wait; 0 for no bound',
      preset: '0',
      parse: parseCount,
    },
    {
      name: 'gateway.agent-inflight-bytes',
      value: 'size',
      help: 'bytes of one agent that wait for their acknowledgement; beyond it, it has to wait',
      preset: '4MB',
      parse: parseSize,
    },
    {
      name: 'gateway.senders',
      value: 'count',
      help: 'senders of single requests that are listed; more are counted together',
      preset: '10000',
      parse: parseCount,
    },
    {
      name: 'gateway.sender-inflight-bytes',
      value: 'size',
      help: 'bytes of requests of one sender that have no answer yet; beyond it 429; 0 for no bound',
      preset: '0',
      parse: parseSize,
    },
    ...PUSH_FLAGS,
    ...RECEIVE_FLAGS,
    ...SEND_FLAGS,
    ...PASSING_FLAGS,
    ...webFlags(9392),
    LOG_FLAG,
  ],
  footer: [
    'Examples:',
    '  narthex gateway --remote-write.url=http://127.0.0.1:9390/api/v1/write',
    '  narthex gateway --config.file=gateway.yml --web.config.file=web.yml --gateway.grpc-address=0.0.0.0:9393',
    '',
    'The web configuration holds for both ports. Sizes take B, KB, MB, GB; durations ms, s, m, h, d, w, y.',
    'Signals: SIGHUP reloads, SIGTERM ends.',
  ].join('\n'),
}

/** The options of the role. */
export function readGatewayOptions(
  values: FlagValues,
  texts: ReadonlyMap<string, string>,
): GatewayOptions {
  const flags = new FlagReader(values)
  return {
    configFile: flags.text('config.file'),
    send: flags.passing(),
    web: flags.web(),
    push: flags.push(),
    grpcAddresses: flags.list('gateway.grpc-address'),
    agents: {
      agentsMax: flags.number('gateway.agents'),
      seriesMax: flags.number('gateway.agent-series'),
      samplesPerSecondMax: flags.number('gateway.agent-samples-per-second'),
      inflightBytesMax: flags.number('gateway.agent-inflight-bytes'),
    },
    senders: {
      sendersMax: flags.number('gateway.senders'),
      inflightBytesMax: flags.number('gateway.sender-inflight-bytes'),
    },
    flags: texts,
  }
}
