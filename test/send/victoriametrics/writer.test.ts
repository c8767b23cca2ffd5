/** The VictoriaMetrics writer before the real server. */
import { startHttpGate } from '../../support/httpgate.ts'
import {
  freePort,
  missingComponents,
  startComponent,
  temporaryFolder,
} from '../../support/processes.ts'
import { openListed } from '../opened.ts'
import { type SuiteEnd, seriesKey, writerSuite } from '../writer.suite.ts'

interface Line {
  readonly metric: Record<string, string>
  readonly values: (number | string | null)[]
  readonly timestamps: number[]
}

async function start(): Promise<SuiteEnd> {
  const folder = temporaryFolder('victoria')
  const port = await freePort()
  const server = await startComponent(
    'victoria-metrics',
    [
      `-storageDataPath=${folder.path}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      '-memory.allowedBytes=128MB',
    ],
    port,
    '/health',
  )
  const gate = await startHttpGate(server.url)
  return {
    open: (view) =>
      openListed(
        `type: victoriametrics, url: "${gate.url}", queue_config: {max_samples_per_send: 1000}`,
        view,
      ),
    trouble: gate.trouble,
    async read() {
      await (await fetch(`${server.url}/internal/force_flush`)).text()
      const query = new URLSearchParams({
        'match[]': '{__name__!=""}',
        start: '0',
        reduce_mem_usage: '1',
      })
      const text = await (await fetch(`${server.url}/api/v1/export?${query}`)).text()
      const stored = new Map<string, (readonly [number, string])[]>()
      for (const line of text.split('\n').filter((each) => each !== '')) {
        const { metric, values, timestamps } = JSON.parse(
          line.replaceAll(/[+-]Inf/g, '"$&"'),
        ) as Line
        const points = new Map(timestamps.map((time, i) => [time, String(values[i])] as const))
        stored.set(
          seriesKey(Object.entries(metric)),
          [...points].sort(([a], [b]) => a - b),
        )
      }
      return stored
    },
    async close() {
      gate.close()
      await server.kill()
      folder.remove()
    },
  }
}

writerSuite(missingComponents('victoria-metrics'), start, {
  shown: { Infinity: '+Inf', '-Infinity': '-Inf' },
  // It stores decimal digits: at most 18 of them, without a sign of zero.
  rounds: (value) => value === 0 || value === 5e-324 || value === 1 / 3 || value > 1e20,
})
