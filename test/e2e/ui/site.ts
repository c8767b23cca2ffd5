/** A server with something to show: narthex that scrapes a real node_exporter, one dead target, one dropped. */
import {
  freePort,
  startComponent,
  startNarthex,
  type TestProcess,
  temporaryFolder,
  until,
} from '../../support/processes.ts'

/** A running server for browser tests. */
export interface Site {
  readonly url: string
  /** Ends the server for a while; its port and data are kept. */
  pause(): Promise<void>
  resume(): Promise<void>
  stop(): Promise<void>
}

/** Rows that must be there for every rate in the tests to have two. */
const ROWS_MIN = 5

/** Starts both and waits for enough rows to draw a rate; `jobs` are more scrape configurations. */
export async function startSite(jobs = ''): Promise<Site> {
  const folder = temporaryFolder('ui')
  const running: TestProcess[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((each) => each.stop()))
    folder.remove()
  }
  try {
    const nodePort = await freePort()
    running.push(await startExporter(nodePort))
    const options = {
      config: configOf(nodePort, jobs),
      storage: `${folder.path}/data`,
      port: await freePort(),
    }
    const serve = async (): Promise<TestProcess> => {
      const server = await startNarthex(options)
      running.push(server)
      return server
    }
    let server = await serve()
    await until('rows to draw', async () => (await rowCount(server.url)) >= ROWS_MIN)
    return {
      url: server.url,
      pause: async () => void (await server.stop()),
      resume: async () => {
        server = await serve()
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** A real node_exporter. */
export function startExporter(port: number): Promise<TestProcess> {
  const flags = [`--web.listen-address=127.0.0.1:${port}`]
  return startComponent('prometheus-node-exporter', flags, port, '/metrics')
}

function configOf(nodePort: number, jobs: string): string {
  return `global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
  - job_name: node
    static_configs:
      - targets: ['127.0.0.1:${nodePort}']
        labels: {service_name: My서비스}
  - job_name: away
    static_configs: [{targets: ['127.0.0.1:1']}]
  - job_name: half
    static_configs: [{targets: ['127.0.0.1:2', '127.0.0.1:3']}]
    relabel_configs: [{source_labels: [__address__], regex: '.*:3', action: drop}]
${jobs}`
}

async function rowCount(url: string): Promise<number> {
  const query = encodeURIComponent('count_over_time(node_load1{service_name!=""}[1m])')
  const reply = await fetch(`${url}/api/v1/query?query=${query}`)
  const body = (await reply.json()) as { data?: { result?: { value: [number, string] }[] } }
  return Number(body.data?.result?.at(0)?.value[1] ?? 0)
}

/** The address of a graph. */
export function graphLink(expr: string, range = '5m'): string {
  const params = { 'g0.expr': expr, 'g0.tab': 'graph', 'g0.range_input': range }
  return `/query?${new URLSearchParams(params)}`
}
