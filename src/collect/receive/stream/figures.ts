/** Counters of what agents send. */
import type { Cell, Family, Metrics } from '../../../base/metrics.ts'
import type { Agents } from './agents.ts'

export interface StreamFigures {
  readonly samples: Cell
  readonly exemplars: Cell
  readonly bytes: Cell
  readonly batches: Family
  readonly refused: Family
  readonly damaged: Cell
}

/** @param inflightBytes bytes of batches of all agents that have no answer yet */
export function openStreamFigures(
  metrics: Metrics,
  agents: Agents,
  inflightBytes: () => number,
): StreamFigures {
  const connected = metrics
    .gauge('narthex_gateway_agents_connected', 'Agents with an open stream.')
    .with()
  const series = metrics.gauge(
    'narthex_gateway_agent_series',
    'Series of the layouts of an agent.',
    ['agent'],
  )
  const lag = metrics.gauge(
    'narthex_gateway_agent_lag_seconds',
    'Age of the newest sample of an agent when it was acknowledged.',
    ['agent'],
  )
  const waiting = metrics
    .gauge('narthex_gateway_inflight_bytes', 'Bytes of batches that have no answer yet.')
    .with()
  let shown = new Set<string>()
  metrics.onCollect(() => {
    waiting.set(inflightBytes())
    const senders = agents.senders()
    connected.set(senders.filter((agent) => agent.isConnected).length)
    const now = new Set(senders.map((agent) => agent.name))
    for (const agent of senders) {
      series.with(agent.name).set(agent.series)
      lag.with(agent.name).set(agent.lagSeconds)
    }
    for (const name of shown) {
      if (now.has(name)) continue
      series.without(name)
      lag.without(name)
    }
    shown = now
  })
  return {
    samples: metrics
      .counter('narthex_gateway_samples_total', 'Samples of agents that were acknowledged.')
      .with(),
    exemplars: metrics
      .counter('narthex_gateway_exemplars_total', 'Exemplars of agents that were passed on.')
      .with(),
    bytes: metrics
      .counter('narthex_gateway_received_bytes_total', 'Bytes of messages from agents.')
      .with(),
    batches: metrics.counter(
      'narthex_gateway_batches_total',
      'Batches of agents, by what they were answered.',
      ['answer'],
    ),
    refused: metrics.counter(
      'narthex_gateway_refused_samples_total',
      'Samples of agents that were not taken although their batch was, by reason.',
      ['reason'],
    ),
    damaged: metrics
      .counter('narthex_gateway_damaged_streams_total', 'Streams ended because of a bad message.')
      .with(),
  }
}
