/** One request over a kept connection: gate, routes and headers against bare node:http; then encodings. */
import type { Server as HttpServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import { NO_WEB_CONFIG } from '../../src/config/web.ts'
import type { Route } from '../../src/net/server/message.ts'
import { startServer } from '../../src/net/server/server.ts'
import { type Lap, printLaps } from '../race.ts'

const TURNS = 6
const SMALL = JSON.stringify({ status: 'success', data: { resultType: 'vector', result: [] } })
const LARGE = JSON.stringify(
  Array.from({ length: 60 }, (_, row) => ({
    metric: { __name__: 'node_cpu_seconds_total', cpu: String(row) },
    values: Array.from({ length: 240 }, (_, i) => [
      1_700_000_000 + i * 15,
      String(Math.sqrt(i + row)),
    ]),
  })),
)

function startBare(): Promise<HttpServer> {
  const server = process.getBuiltinModule('node:http').createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': SMALL.length })
    response.end(SMALL)
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

function answering(path: string, body: string): Route {
  const handle: Route['handle'] = ({ params }) => {
    params.get('query')
    return { status: 200, type: 'application/json', body }
  }
  return { methods: ['GET', 'POST'], path, role: 'viewer', changes: false, body: 'form', handle }
}

/** CPU ns a request, the client's share included, over one connection. */
async function ask(port: number, path: string, encoding: string, count: number): Promise<number> {
  const words = `GET ${path}?query=up HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: ${encoding}\r\n\r\n`
  const socket = connect(port, '127.0.0.1')
  const before = process.cpuUsage()
  await new Promise<void>((resolve) => {
    let done = 0
    let missing = 0
    socket.on('data', (chunk) => {
      if (missing === 0) {
        const end = chunk.indexOf('\r\n\r\n') + 4
        const length = /content-length: (\d+)/i.exec(chunk.toString('latin1', 0, end))
        missing = Number(length?.[1]) + end
      }
      missing -= chunk.length
      if (missing > 0) return
      done++
      if (done === count) resolve()
      else socket.write(words)
    })
    socket.write(words)
  })
  const used = process.cpuUsage(before)
  socket.destroy()
  return ((used.user + used.system) * 1000) / count
}

async function raceAsync(
  contenders: Readonly<Record<string, () => Promise<number>>>,
): Promise<Lap[]> {
  const least = new Map<string, number>()
  for (let turn = -1; turn < TURNS; turn++) {
    for (const [name, run] of Object.entries(contenders)) {
      const ns = await run()
      if (turn >= 0) least.set(name, Math.min(least.get(name) ?? Infinity, ns))
    }
  }
  const [first] = least.values()
  return [...least].map(([name, nsPerItem]) => ({ name, nsPerItem, ratio: nsPerItem / first }))
}

const bare = await startBare()
const ours = await startServer({
  addresses: ['127.0.0.1:0'],
  routes: [answering('/small', SMALL), answering('/large', LARGE)],
  web: NO_WEB_CONFIG,
  hostNames: [],
  bcryptWorkerFile: new URL('../../src/net/server/bcryptworker.ts', import.meta.url),
  metrics: new Metrics(),
  log: silentLog,
  clock: systemClock,
})
const { port } = ours.addresses[0]
const barePort = (bare.address() as AddressInfo).port
printLaps(
  'a small answer, client included',
  await raceAsync({
    'bare node:http': () => ask(barePort, '/', 'identity', 3000),
    'gate, routes, headers': () => ask(port, '/small', 'identity', 3000),
  }),
)
printLaps(
  `an answer of ${LARGE.length} bytes, client included`,
  await raceAsync({
    identity: () => ask(port, '/large', 'identity', 60),
    'zstd level 1': () => ask(port, '/large', 'zstd', 60),
    'gzip level 1': () => ask(port, '/large', 'gzip', 60),
  }),
)
bare.close()
await ours.stop()
