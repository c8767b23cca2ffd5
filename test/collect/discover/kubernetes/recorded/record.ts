/**
 * Makes the recordings: what a real API server says to each role, and what a real vmagent makes of
 * it. `node test/collect/discover/kubernetes/recorded/record.ts path/to/kube-apiserver`
 */
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Agent, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { systemClock } from '../../../../../src/base/clock.ts'
import { silentLog } from '../../../../../src/base/log.ts'
import { Metrics } from '../../../../../src/base/metrics.ts'
import { type Discovery, startDiscovery } from '../../../../../src/collect/discover/discovery.ts'
import type { KubernetesRole } from '../../../../../src/config/discovery.ts'
import type { Labels } from '../../../../../src/model/labels.ts'
import {
  freePort,
  startComponent,
  startProcess,
  temporaryFolder,
  until,
} from '../../../../support/processes.ts'
import { kubernetes } from '../config.ts'
import { type Ask, changeCluster, changeUnseen, fillCluster, openIngresses } from './cluster.ts'
import { type Exchange, fileOf, type Recording, ROLES } from './recording.ts'

/** A bookmark comes within a minute or two. */
const BOOKMARK_MS_MAX = 180_000

const ADMIN_TOKEN = 'admin-of-the-recording'
const READER = 'reader'
const READER_TOKEN = 'reader-of-the-recording'

const META = '__meta_kubernetes_'

const [binary] = process.argv.slice(2)
if (binary === undefined) throw new Error('wanted the path of a kube-apiserver')

const folder = temporaryFolder('kubernetes')
const agent = new Agent({ rejectUnauthorized: false, keepAlive: true })
const [etcdPort, peerPort, apiPort, vmagentPort] = await Promise.all(
  Array.from({ length: 4 }, freePort),
)
const etcdUrl = `http://127.0.0.1:${etcdPort}`

type Open = { -readonly [K in keyof Exchange]: Exchange[K] } & { chunks: string[] }

/** Stands between a role and the server, and writes down what is said. */
class Recorder {
  readonly role: KubernetesRole
  readonly exchanges: Open[] = []
  targets: readonly Labels[] = []
  isAway = false
  #discovery: Discovery | undefined
  readonly #ends = new Set<() => void>()
  readonly #server = createServer((ask, reply) => this.#pass(ask, reply))

  constructor(role: KubernetesRole) {
    this.role = role
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const { port } = this.#server.address() as AddressInfo
    this.#discovery = startDiscovery({
      clock: systemClock,
      log: silentLog,
      metrics: new Metrics(),
      fetchBody: () => Promise.reject(new Error('BUG: no HTTP discovery')),
      allowLinkLocal: false,
      random: () => 0.5,
      onTargets: (_job, targets) => {
        this.targets = targets
      },
    })
    this.#discovery.apply([
      { jobName: this.role, discovery: kubernetes(`http://127.0.0.1:${port}`, this.role) },
    ])
  }

  /** Breaks every connection; what is asked from now on is refused. */
  goAway(): void {
    this.isAway = true
    for (const end of this.#ends) end()
    this.#ends.clear()
  }

  comeBack(): void {
    this.isAway = false
  }

  has(text: string): boolean {
    return this.exchanges.some(({ chunks }) => chunks.some((chunk) => chunk.includes(text)))
  }

  close(): void {
    void this.#discovery?.stop()
    this.#server.closeAllConnections()
    this.#server.close()
  }

  #pass(ask: IncomingMessage, reply: ServerResponse): void {
    const exchange: Open = {
      asked: ask.url ?? '',
      status: 0,
      headers: {},
      chunks: [],
      ends: 'cut',
    }
    this.exchanges.push(exchange)
    if (this.isAway) {
      reply.destroy()
      return
    }
    const { accept = '*/*' } = ask.headers
    const sent = request(
      `https://127.0.0.1:${apiPort}${ask.url}`,
      { agent, headers: { accept, authorization: `Bearer ${READER_TOKEN}` } },
      (answer) => {
        exchange.status = answer.statusCode ?? 0
        exchange.ends = 'open'
        for (const name of ['content-type', 'audit-id', 'cache-control', 'retry-after']) {
          const value = answer.headers[name]
          if (value !== undefined) exchange.headers = { ...exchange.headers, [name]: String(value) }
        }
        reply.writeHead(exchange.status, exchange.headers)
        reply.flushHeaders()
        const cut = (): void => {
          exchange.ends = 'cut'
          reply.destroy()
          sent.destroy()
        }
        this.#ends.add(cut)
        answer.on('data', (chunk: Buffer) => {
          exchange.chunks.push(chunk.toString('latin1'))
          reply.write(chunk)
        })
        answer.on('end', () => {
          this.#ends.delete(cut)
          exchange.ends = 'whole'
          reply.end()
        })
        answer.on('error', cut)
      },
    )
    sent.on('error', () => reply.destroy())
    sent.end()
  }
}

const ask: Ask = (method, path, body) =>
  new Promise((resolve, reject) => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const text = body === undefined ? '' : JSON.stringify(body)
    const headers = {
      authorization: `Bearer ${ADMIN_TOKEN}`,
      'content-type': type,
      'content-length': Buffer.byteLength(text),
    }
    const sent = request(
      `https://127.0.0.1:${apiPort}${path}`,
      { method, agent, headers },
      (reply) => {
        let said = ''
        reply.on('data', (chunk) => {
          said += chunk
        })
        reply.on('end', () => {
          const { statusCode = 0 } = reply
          if (statusCode < 300) resolve()
          else reject(new Error(`${method} ${path}: ${statusCode} ${said}`))
        })
      },
    )
    sent.on('error', reject)
    sent.end(text)
  })

function writeKeys(): { privateFile: string; publicFile: string; tokens: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const privateFile = join(folder.path, 'sa.key')
  const publicFile = join(folder.path, 'sa.pub')
  const tokens = join(folder.path, 'tokens.csv')
  writeFileSync(privateFile, privateKey.export({ type: 'pkcs1', format: 'pem' }))
  writeFileSync(publicFile, publicKey.export({ type: 'spki', format: 'pem' }))
  writeFileSync(
    tokens,
    `${ADMIN_TOKEN},admin,1,"system:masters"\n${READER_TOKEN},${READER},2,"readers"\n`,
  )
  return { privateFile, publicFile, tokens }
}

const keys = writeKeys()

async function startApiServer(): Promise<ReturnType<typeof startProcess>> {
  const server = startProcess(binary, [
    `--etcd-servers=${etcdUrl}`,
    `--secure-port=${apiPort}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=192.0.2.10',
    `--cert-dir=${join(folder.path, 'certs')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${keys.publicFile}`,
    `--service-account-signing-key-file=${keys.privateFile}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--authorization-mode=RBAC',
    `--token-auth-file=${keys.tokens}`,
    '--disable-admission-plugins=ServiceAccount',
    '--etcd-compaction-interval=0',
  ])
  await until(
    'the API server',
    () =>
      ask('GET', '/readyz').then(
        () => true,
        () => false,
      ),
    90_000,
  )
  return server
}

/** What is called the same by everybody: the address and what Kubernetes says. */
function shown(record: Readonly<Record<string, string>>): Record<string, string> {
  const names = Object.keys(record).filter(
    (name) => name === '__address__' || name.startsWith(META),
  )
  return Object.fromEntries(names.sort().map((name) => [name, record[name]]))
}

async function targetsOfVmagent(): Promise<Map<string, Record<string, string>[]>> {
  const jobs = ROLES.map(
    (role) => `
  - job_name: ${role}
    kubernetes_sd_configs:
      - role: ${role}
        api_server: https://127.0.0.1:${apiPort}
        authorization: {credentials: ${READER_TOKEN}}
        tls_config: {insecure_skip_verify: true}
    relabel_configs: [{action: labelmap, regex: __meta_kubernetes_(.+)}]`,
  )
  const file = join(folder.path, 'vmagent.yml')
  writeFileSync(file, `scrape_configs:${jobs.join('')}\n`)
  const vmagent = await startComponent(
    'vmagent',
    [
      `-promscrape.config=${file}`,
      `-remoteWrite.url=http://127.0.0.1:${etcdPort}/nobody`,
      `-remoteWrite.tmpDataPath=${join(folder.path, 'data')}`,
      `-httpListenAddr=127.0.0.1:${vmagentPort}`,
    ],
    vmagentPort,
    '/health',
  )
  interface Seen {
    readonly scrapePool: string
    readonly discoveredLabels: Record<string, string>
  }
  let found = new Map<string, Record<string, string>[]>()
  const look = async (): Promise<boolean> => {
    const reply = await fetch(`${vmagent.url}/api/v1/targets?state=active`)
    const { data } = (await reply.json()) as { data: { activeTargets: Seen[] } }
    found = new Map(ROLES.map((role) => [role, []]))
    for (const { scrapePool, discoveredLabels } of data.activeTargets) {
      found.get(scrapePool)?.push(shown(discoveredLabels))
    }
    return recorders.every(({ role, targets }) => found.get(role)?.length === targets.length)
  }
  await until('the targets of vmagent', look, 60_000).catch(() => {
    for (const { role, targets } of recorders) {
      console.log(`${role}: ${targets.length}, vmagent ${found.get(role)?.length}`)
    }
  })
  await vmagent.stop()
  return found
}

const recorders = ROLES.map((role) => new Recorder(role))
const everywhere = (text: string, what: string, boundMs?: number): Promise<void> =>
  until(what, () => recorders.every((recorder) => recorder.has(text)), boundMs)

const etcd = await startComponent(
  'etcd',
  [
    `--data-dir=${join(folder.path, 'etcd')}`,
    `--listen-client-urls=${etcdUrl}`,
    `--advertise-client-urls=${etcdUrl}`,
    `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peerPort}`,
    `--initial-cluster=default=http://127.0.0.1:${peerPort}`,
  ],
  etcdPort,
  '/health',
)
let server = await startApiServer()
try {
  const version = execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim()
  await fillCluster(ask, READER)
  await Promise.all(recorders.map((recorder) => recorder.open()))
  const ingresses = recorders.find(({ role }) => role === 'ingress')
  await until('a refusal', () => ingresses?.has('forbidden') === true)
  await openIngresses(ask)
  await until('lists', () => recorders.every(({ targets }) => targets.length > 0))
  console.log('listed')

  await changeCluster(ask)
  await everywhere('MODIFIED', 'changes')
  await everywhere('BOOKMARK', 'bookmarks', BOOKMARK_MS_MAX)
  console.log('watched')

  for (const recorder of recorders) recorder.goAway()
  await changeUnseen(ask, 1)
  for (const recorder of recorders) recorder.comeBack()
  await everywhere('"round":"1"', 'what happened meanwhile')
  console.log('resumed')

  for (const recorder of recorders) recorder.goAway()
  await changeUnseen(ask, 2)
  await server.stop()
  await compact()
  server = await startApiServer()
  await changeUnseen(ask, 3)
  for (const recorder of recorders) recorder.comeBack()
  await everywhere('"round":"3"', 'the list after 410', 90_000)
  await until('410', () => recorders.some((recorder) => recorder.has('"code":410')), 10_000)
  console.log('listed again')

  const found = await targetsOfVmagent()
  for (const { role, exchanges } of recorders) {
    const recording: Recording = {
      of: `${version.replace('Kubernetes', 'kube-apiserver')}`,
      exchanges,
      targets: found.get(role) ?? [],
    }
    writeFileSync(fileOf(role), `${JSON.stringify(recording, undefined, 1)}\n`)
    console.log(`${role}: ${exchanges.length} exchanges, ${recording.targets.length} targets`)
  }
} finally {
  for (const recorder of recorders) recorder.close()
  agent.destroy()
  await server.stop()
  await etcd.stop()
  folder.remove()
}

/** Forgets every older version, as a server does each five minutes. */
async function compact(): Promise<void> {
  const key = Buffer.from('narthex').toString('base64')
  const put = await fetch(`${etcdUrl}/v3/kv/put`, {
    method: 'POST',
    body: JSON.stringify({ key, value: key }),
  })
  const { header } = (await put.json()) as { header: { revision: string } }
  await fetch(`${etcdUrl}/v3/kv/compaction`, {
    method: 'POST',
    body: JSON.stringify({ revision: header.revision, physical: true }),
  })
}
