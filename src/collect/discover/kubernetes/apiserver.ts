/** The API server of a cluster: where it is, who asks, and what its refusals mean. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { messageOf, NarthexError } from '../../../base/error.ts'
import { VERSION } from '../../../base/version.ts'
import type { KubernetesDiscovery } from '../../../config/discovery.ts'
import { PLAIN_HTTP, PLAIN_TLS } from '../../../config/http.ts'
import {
  openStreamClient,
  type StreamClient,
  type StreamReply,
} from '../../../net/client/stream.ts'
import { parseJson, recordAt, textAt, toRecord } from '../json.ts'
import type { ProviderContext } from '../provider.ts'
import type { DiscoveryMetrics } from '../sdmetrics.ts'
import { type ClusterAccess, readKubeconfig } from './kubeconfig.ts'

/** Where a pod finds its credentials. */
const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount'

/** Largest refusal that is read. */
const REFUSAL_BYTES_MAX = 65_536

/** An answer of the API server that is not 200, or an event that says as much. */
export class ApiRefusal extends NarthexError {
  readonly status: number
  /** How long to wait before the next try; undefined when it is not said. */
  readonly retryAfterMs: number | undefined

  constructor(status: number, message: string, retryAfterMs: number | undefined) {
    super('io', message)
    this.status = status
    this.retryAfterMs = retryAfterMs
  }
}

/** Asks the API server; credentials in files are read for each request. */
export class ApiServer {
  readonly #config: KubernetesDiscovery
  readonly #context: ProviderContext
  readonly #metrics: DiscoveryMetrics
  #opened: { readonly access: ClusterAccess; readonly client: StreamClient } | undefined

  constructor(config: KubernetesDiscovery, context: ProviderContext, metrics: DiscoveryMetrics) {
    this.#config = config
    this.#context = context
    this.#metrics = metrics
  }

  /**
   * Gets a path.
   *
   * @throws ApiRefusal for any status but 200, NarthexError when there is no answer
   */
  async get(
    resource: string,
    query: URLSearchParams,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<StreamReply> {
    const { access, client } = await this.#open()
    const url = new URL(access.server.href)
    url.pathname = `${url.pathname.replace(/\/$/, '')}${resource}`
    url.search = query.toString()
    let reply: StreamReply
    try {
      reply = await client.get({
        url,
        headers: [
          ['Accept', 'application/json'],
          ['User-Agent', `narthex/${VERSION}`],
        ],
        timeoutMs,
        signal,
      })
    } catch (error) {
      this.#metrics.kubernetesRequests.with('<error>').inc()
      throw error
    }
    this.#metrics.kubernetesRequests.with(String(reply.status)).inc()
    if (reply.status === 200) return reply
    const refusal = await readRefusal(reply, resource)
    // The credentials may have been replaced where they are kept.
    if (reply.status === 401) this.close()
    throw refusal
  }

  /** The namespace that we run in; '' outside a cluster. */
  async ownNamespace(): Promise<string> {
    const file = path.join(this.#serviceAccountDir, 'namespace')
    try {
      return (await readFile(file, 'utf8')).trim()
    } catch (error) {
      throw new NarthexError('io', `cannot read own namespace: ${messageOf(error)}`, error)
    }
  }

  close(): void {
    this.#opened?.client.close()
    this.#opened = undefined
  }

  get #serviceAccountDir(): string {
    return this.#context.serviceAccountDir ?? SERVICE_ACCOUNT_DIR
  }

  async #open(): Promise<{ readonly access: ClusterAccess; readonly client: StreamClient }> {
    if (this.#opened !== undefined) return this.#opened
    const access = await this.#findAccess()
    const { clock, environment, admits } = this.#context
    this.#opened ??= {
      access,
      client: openStreamClient({ config: access.http, clock, environment, admits }),
    }
    return this.#opened
  }

  async #findAccess(): Promise<ClusterAccess> {
    const { apiServer, kubeconfigFile, http } = this.#config
    if (apiServer !== '') return { server: new URL(apiServer), http }
    if (kubeconfigFile === '') return inCluster(this.#context.environment, this.#serviceAccountDir)
    let text: string
    try {
      text = await readFile(kubeconfigFile, 'utf8')
    } catch (error) {
      throw new NarthexError('io', `cannot read kubeconfig: ${messageOf(error)}`, error)
    }
    return readKubeconfig(text, kubeconfigFile)
  }
}

/** As a pod reaches the API server of its cluster, with the token of its service account. */
function inCluster(
  environment: Readonly<Record<string, string | undefined>>,
  dir: string,
): ClusterAccess {
  const host = environment.KUBERNETES_SERVICE_HOST ?? ''
  const port = environment.KUBERNETES_SERVICE_PORT ?? ''
  if (host === '' || port === '') {
    const wanted = 'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT'
    throw new NarthexError('io', `cannot find the cluster: ${wanted} are not set, wanted in a pod`)
  }
  const server = new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`)
  const credentialsFile = path.join(dir, 'token')
  return {
    server,
    http: {
      ...PLAIN_HTTP,
      authorization: { type: 'Bearer', credentials: undefined, credentialsFile },
      tls: { ...PLAIN_TLS, caFile: path.join(dir, 'ca.crt') },
    },
  }
}

async function readRefusal(reply: StreamReply, resource: string): Promise<ApiRefusal> {
  const seconds = Number(reply.header('retry-after') || Number.NaN)
  let said = ''
  try {
    const text = await reply.text(REFUSAL_BYTES_MAX)
    said = textAt(toRecord(parseJson(text, 'refusal')), 'message')
  } catch (error) {
    // What the server says of its refusal is a help to people only; the status is what counts.
    if (!(error instanceof NarthexError)) throw error
  } finally {
    reply.close()
  }
  const message = `cannot get ${resource}: server returned HTTP status ${reply.statusLine}`
  const full = said === '' ? message : `${message}: ${said}`
  return new ApiRefusal(reply.status, full, seconds >= 0 ? seconds * 1000 : undefined)
}

/** What an event of type ERROR says. */
export function refusalOfEvent(object: unknown, resource: string): ApiRefusal {
  const status = toRecord(object)
  const code = typeof status.code === 'number' ? status.code : 0
  const seconds = recordAt(status, 'details').retryAfterSeconds
  const message = `cannot watch ${resource}: ${textAt(status, 'message')}`
  return new ApiRefusal(code, message, typeof seconds === 'number' ? seconds * 1000 : undefined)
}
