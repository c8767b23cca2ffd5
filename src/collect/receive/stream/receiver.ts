/** The gateway's end of the stream: one call of an agent is one AgentStream. */
import { NarthexError } from '../../../base/error.ts'
import type { SendersView } from '../../../model/sending.ts'
import type { ByteStream, StreamMethod } from '../../../net/grpc/server.ts'
import { STREAM_PATH } from '../../../wire/stream.ts'
import { Agents } from './agents.ts'
import { AgentStream } from './agentstream.ts'
import { openStreamFigures } from './figures.ts'
import type { StreamReceiverOptions } from './options.ts'

/** The method for the gRPC server, and what pages show of it. */
export interface StreamReceiver {
  readonly method: StreamMethod
  readonly view: SendersView
  /** Tells all agents to go elsewhere; what is under way is still answered. */
  leave(): void
}

export function openStreamReceiver(options: StreamReceiverOptions): StreamReceiver {
  const { clock, limits, metrics, log } = options
  const agents = new Agents(clock, limits.agentsMax)
  const streams = new Set<AgentStream>()
  const figures = openStreamFigures(metrics, agents, () => {
    let bytes = 0
    for (const stream of streams) bytes += stream.inflightBytes
    return bytes
  })
  let isLeaving = false

  function accept(stream: ByteStream): AgentStream {
    const agentStream = new AgentStream(stream, {
      ...options,
      door: options.doorOf(stream.identity.name),
      agents,
      figures,
      onEnd: () => streams.delete(agentStream),
    })
    if (isLeaving) {
      stream.fail(new NarthexError('busy', 'cannot take stream: the gateway stops'))
    } else {
      streams.add(agentStream)
      log.debug('stream opened', { peer: stream.peer, identity: stream.identity.name })
    }
    return agentStream
  }

  return {
    method: { path: STREAM_PATH, role: 'editor', stream: accept },
    view: agents,
    leave() {
      isLeaving = true
      for (const stream of streams) stream.leave()
    },
  }
}
