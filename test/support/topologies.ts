/** The topologies that narthex is built for, each from its targets to its stores. */
import { destination, remoteWrite, Topology } from './topology.ts'

/** Which topology, in words, and how it is begun. */
export interface TopologyKind {
  readonly title: string
  readonly needs: readonly string[]
  build(): Promise<Topology>
}

/** Series of a target: some go away and come back, some change each second. */
const SERIES_COUNT = 120

/** How soon the broker misses an ingester that was killed, and gives its partitions to the next. */
const SESSION = 'session_timeout: 2s, heartbeat_interval: 500ms'

const AGENT_STORE: TopologyKind = {
  title: 'agent → store',
  needs: [],
  build: () =>
    building(async (topology) => {
      const store = await topology.store('store')
      const target = await topology.target(SERIES_COUNT)
      const agent = await topology.agent('agent', target, 'cluster: a', remoteWrite(store.tap.url))
      const ends = [{ storeUrl: store.url, matchers: 'cluster="a"' }]
      topology.routes.push({ target, ends, agents: [agent] })
    }),
}

const AGENT_GATEWAY_STORE: TopologyKind = {
  title: 'agent → gateway → store',
  needs: [],
  build: () =>
    building(async (topology) => {
      const store = await topology.store('store')
      const gateway = await topology.gateway('gateway', remoteWrite(store.tap.url))
      for (const [cluster, way] of [
        ['stream', streamTo(gateway.address)],
        ['write', remoteWrite(`${gateway.url}/api/v1/write`)],
      ]) {
        const target = await topology.target(SERIES_COUNT)
        const name = `agent (${cluster})`
        const agent = await topology.agent(name, target, `cluster: ${cluster}`, way)
        const ends = [{ storeUrl: store.url, matchers: `cluster="${cluster}"` }]
        topology.routes.push({ target, ends, agents: [agent] })
      }
    }),
}

const AGENT_KAFKA_STORES: TopologyKind = {
  title: 'agent → gateway → Kafka → ingester → two stores',
  needs: ['java', 'kafka'],
  build: () =>
    building(async (topology) => {
      const stores = [await topology.store('store-1'), await topology.store('store-2')]
      const broker = await topology.broker()
      const kafka = `type: kafka, brokers: ['${broker.address}'], topic: samples`
      const gateway = await topology.gateway('gateway', destination(kafka))
      const target = await topology.target(SERIES_COUNT)
      const way = streamTo(gateway.address)
      const agent = await topology.agent('agent', target, 'cluster: a', way)
      // The topic is there once somebody wrote.
      const source = `{brokers: ['${broker.address}'], topics: [samples], ${SESSION}}`
      await topology.role(
        'ingester',
        'ingester',
        `${remoteWrite(...stores.map((store) => store.tap.url))}narthex: {ingester: {kafka: ${source}}}`,
      )
      const ends = stores.map((store) => ({ storeUrl: store.url, matchers: 'cluster="a"' }))
      topology.routes.push({ target, ends, agents: [agent] })
    }),
}

const CLUSTERS_GATEWAYS_STORE: TopologyKind = {
  title: 'three clusters → two gateways → store',
  needs: [],
  build: () =>
    building(async (topology) => {
      const store = await topology.store('store')
      const first = await topology.gateway('gateway-1', remoteWrite(store.tap.url))
      const second = await topology.gateway('gateway-2', remoteWrite(store.tap.url))
      for (const cluster of ['a', 'b', 'c']) {
        const target = await topology.target(SERIES_COUNT)
        const way = streamTo(first.address, second.address)
        const agent = await topology.agent(`agent-${cluster}`, target, `cluster: ${cluster}`, way)
        const ends = [{ storeUrl: store.url, matchers: `cluster="${cluster}"` }]
        topology.routes.push({ target, ends, agents: [agent] })
      }
    }),
}

const PAIR_GATEWAY_STORE: TopologyKind = {
  title: 'a pair of agents → gateway → store',
  needs: [],
  build: () =>
    building(async (topology) => {
      const store = await topology.store('store')
      const ha = 'narthex: {gateway: {ha: {failover_timeout: 3s}}}\n'
      const gateway = await topology.gateway('gateway', remoteWrite(store.tap.url), ha)
      const target = await topology.target(SERIES_COUNT)
      const agents = []
      for (const replica of ['x', 'y']) {
        const labels = `cluster: a, __replica__: ${replica}`
        const way = streamTo(gateway.address)
        agents.push(await topology.agent(`agent-${replica}`, target, labels, way))
      }
      const ends = [{ storeUrl: store.url, matchers: 'cluster="a",__replica__=""' }]
      topology.routes.push({ target, ends, agents })
    }),
}

export const TOPOLOGIES: readonly TopologyKind[] = [
  AGENT_STORE,
  AGENT_GATEWAY_STORE,
  AGENT_KAFKA_STORES,
  CLUSTERS_GATEWAYS_STORE,
  PAIR_GATEWAY_STORE,
]

/** The columnar stream to one of several gateways. */
function streamTo(...addresses: string[]): string {
  const list = addresses.map((address) => `'${address}'`).join(', ')
  return destination(`type: gateway, addresses: [${list}]`)
}

/** Ends what was begun when the rest cannot be. */
async function building(build: (topology: Topology) => Promise<void>): Promise<Topology> {
  const topology = new Topology()
  try {
    await build(topology)
  } catch (error) {
    await topology.stop()
    throw error
  }
  return topology
}
