/** Roles that pass samples on, for browser tests: two agents, a gateway and a store. */
import { writeFileSync } from 'node:fs'
import {
  freePort,
  startNarthex,
  startRole,
  type TestProcess,
  temporaryFolder,
  until,
} from '../../support/processes.ts'
import { startExporter } from './site.ts'

/** Where the pages of each role are. */
export interface Pipeline {
  /** Keeps, and has no destination. */
  readonly store: TestProcess
  readonly gateway: TestProcess
  /** Sends to the gateway and to a port where nobody listens. */
  readonly agent: TestProcess
  /** A second agent, which a test may end. */
  readonly other: TestProcess
  /** One more agent; the text is its configuration. */
  startAgent(file: string, config: string): Promise<TestProcess>
  stop(): Promise<void>
}

/** The destinations of the first agent; names may be in any script. */
export const DESTINATIONS = { alive: '중앙 gateway', dead: 'dead' } as const

/** Starts all of them and waits until samples of both agents have arrived in the store. */
export async function startPipeline(): Promise<Pipeline> {
  const folder = temporaryFolder('pipeline')
  const running: TestProcess[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((each) => each.kill()))
    folder.remove()
  }
  const own = async (starting: Promise<TestProcess>): Promise<TestProcess> => {
    const started = await starting
    running.push(started)
    return started
  }
  const role = (
    name: string,
    file: string,
    config: string,
    ...flags: string[]
  ): Promise<TestProcess> => {
    const path = `${folder.path}/${file}.yml`
    writeFileSync(path, config)
    return own(startRole(name, [`--config.file=${path}`, '--log.level=error', ...flags]))
  }
  try {
    const [nodePort, grpcPort] = [await freePort(), await freePort()]
    const [, store] = await Promise.all([
      own(startExporter(nodePort)),
      own(startNarthex({ storage: `${folder.path}/store`, config: 'scrape_configs: []' })),
    ])
    const gateway = await role(
      'gateway',
      'gateway',
      `remote_write: [{name: store, url: '${store.url}/api/v1/write'}]`,
      `--gateway.grpc-address=127.0.0.1:${grpcPort}`,
    )
    const agentConfig = (name: string, more: string): string => `global:
  scrape_interval: 1s
  scrape_timeout: 1s
  external_labels: {agent: ${name}}
scrape_configs:
  - {job_name: node, static_configs: [{targets: ['127.0.0.1:${nodePort}']}]}
${more}
narthex:
  host: {mode: 'off'}
  destinations:
    - {name: ${DESTINATIONS.alive}, type: gateway, addresses: ['127.0.0.1:${grpcPort}'], agent_name: ${name}}
`
    const dead = `remote_write: [{name: ${DESTINATIONS.dead}, url: 'http://127.0.0.1:1/api/v1/write'}]`
    const agent = await role('agent', 'agent', agentConfig('edge-1', dead))
    const other = await role('agent', 'other', agentConfig('서울-2', ''))
    await until('samples of both agents', async () => (await agentCount(store)) === 2)
    const startAgent = (file: string, config: string): Promise<TestProcess> =>
      role('agent', file, config)
    return { store, gateway, agent, other, startAgent, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function agentCount(store: TestProcess): Promise<number> {
  const query = encodeURIComponent('count(count by (agent) (node_load1))')
  const reply = await fetch(`${store.url}/api/v1/query?query=${query}`)
  const body = (await reply.json()) as { data?: { result?: { value: [number, string] }[] } }
  return Number(body.data?.result?.at(0)?.value[1] ?? 0)
}
