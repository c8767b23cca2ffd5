/** `remote_write` as files hold it: keys, checks and defaults of Prometheus 3. */
import { createHash } from 'node:crypto'
import { checkQueue, QUEUE_KEYS, type QueueConfig, queueOf, type RawQueue } from './destination.ts'
import { buildHttp, checkHttp, HTTP_KEYS, type RawHttp } from './httpshape.ts'
import { type DraftRule, finishRules, rulesOf } from './relabelshape.ts'
import {
  azuread,
  checkHeaders,
  googleIam,
  type Headers,
  namedList,
  REMOTE_AUTHORIZATION,
  sigv4,
} from './remoteshape.ts'
import {
  type MetadataSending,
  REMOTE_WRITE_MESSAGES,
  type RemoteWriteDestination,
} from './remotewrite.ts'
import { duration, text, textOr, truth, url, whole } from './scalars.ts'
import { entriesOf, type Keys, later, type MapPlace, mapOf, type Shape } from './shape.ts'
import type { UrlParts } from './url.ts'

const queue = mapOf<RawQueue, QueueConfig>(
  'config.plain',
  QUEUE_KEYS,
  (raw) => queueOf(raw),
  checkQueue,
)

const metadata = mapOf(
  'config.plain',
  { send: truth(true), send_interval: duration(60_000), max_samples_per_send: whole(2000) },
  (raw): MetadataSending => ({
    send: raw.send,
    intervalMs: raw.send_interval,
    familiesPerSendMax: raw.max_samples_per_send,
  }),
)

interface RawWrite extends RawHttp {
  readonly url: UrlParts | undefined
  readonly remote_timeout: number
  readonly headers: Headers
  readonly write_relabel_configs: readonly DraftRule[]
  readonly name: string
  readonly send_exemplars: boolean
  readonly send_native_histograms: boolean
  readonly round_robin_dns: boolean
  readonly protobuf_message: string
  readonly queue_config: QueueConfig
  readonly metadata_config: MetadataSending
  readonly sigv4: boolean
  readonly azuread: boolean
  readonly google_iam: boolean
}

const WRITE_KEYS: Keys<RawWrite> = {
  url,
  remote_timeout: duration(30_000),
  headers: entriesOf(text),
  write_relabel_configs: rulesOf('empty or null relabeling rule in remote write config'),
  name: text,
  send_exemplars: truth(false),
  send_native_histograms: truth(false),
  round_robin_dns: truth(false),
  protobuf_message: textOr(REMOTE_WRITE_MESSAGES[0]),
  ...HTTP_KEYS,
  queue_config: queue,
  metadata_config: metadata,
  sigv4: later(sigv4, 'remote_write sigv4'),
  azuread: later(azuread, 'remote_write azuread'),
  google_iam: later(googleIam, 'remote_write google_iam'),
}

function messageOf(name: string): RemoteWriteDestination['message'] | undefined {
  return REMOTE_WRITE_MESSAGES.find((known) => known === name)
}

function checkWrite(raw: RawWrite, place: MapPlace): void {
  const refuse = (key: string, message: string): void => place.report.error(place.at(key), message)
  if (raw.url === undefined) refuse('url', 'url for remote_write is empty')
  else if (!['http', 'https'].includes(raw.url.scheme) || raw.url.host === '') {
    // Files of Prometheus may say so; a role that is to write there refuses to start.
    place.report.warn(
      place.at('url'),
      'cannot write to this URL: wanted http:// or https:// with a host',
    )
  }
  checkHeaders(raw.headers, place, REMOTE_AUTHORIZATION)
  if (messageOf(raw.protobuf_message) === undefined) {
    const unknown = `unknown type for remote write protobuf message ${raw.protobuf_message}`
    const known = REMOTE_WRITE_MESSAGES.join(', ')
    refuse('protobuf_message', `invalid protobuf_message value: ${unknown}, supported: ${known}`)
  }
  checkHttp(raw, place)
  const ways = ['basic_auth', 'authorization', 'oauth2', 'sigv4', 'azuread', 'google_iam'] as const
  const used = ways.filter((way) => raw[way])
  if (used.length > 1) {
    refuse(
      used[1],
      `at most one of basic_auth, authorization, oauth2, sigv4, azuread or google_iam must be configured. Currently configured: [${used.join(' ')}]`,
    )
  }
}

/** An entry with its place, while names are still to be compared and made. */
interface Draft {
  readonly name: string
  readonly place: MapPlace
  readonly entry: RemoteWriteDestination
}

const draft: Shape<Draft> = mapOf<RawWrite, Draft>(
  'config.plain',
  WRITE_KEYS,
  (raw, place) => ({
    name: raw.name,
    place,
    entry: {
      kind: 'remote_write',
      name: raw.name,
      url: raw.url?.text ?? '',
      timeoutMs: raw.remote_timeout,
      headers: raw.headers,
      relabel: finishRules(raw.write_relabel_configs, 'utf8', place.report),
      queue: raw.queue_config,
      sendExemplars: raw.send_exemplars,
      sendNativeHistograms: raw.send_native_histograms,
      message: messageOf(raw.protobuf_message) ?? REMOTE_WRITE_MESSAGES[0],
      roundRobinDns: raw.round_robin_dns,
      metadata: raw.metadata_config,
      http: buildHttp(raw),
    },
  }),
  checkWrite,
)

const drafts = namedList(draft, 'write')

/** The list; entries without a name are named after what they say. */
export const remoteWriteList: Shape<readonly RemoteWriteDestination[]> = {
  read(node, place) {
    const names = new Set<string>()
    const shown = drafts.show(node)
    const texts = Array.isArray(shown) ? shown.map((one) => JSON.stringify(one)) : []
    return drafts.read(node, place).map(({ entry }, i) => {
      const name = entry.name === '' ? freeName(digestOf(texts[i] ?? ''), names) : entry.name
      names.add(name)
      return { ...entry, name }
    })
  },
  show: (node) => drafts.show(node),
}

/** Digits of a digest that make a name. @source Prometheus takes as many */
const NAME_LENGTH = 6

function digestOf(settings: string): string {
  return createHash('sha256').update(settings).digest('hex').slice(0, NAME_LENGTH)
}

/** The name itself, or with a number where the very same settings stand twice. */
function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name
  let count = 2
  while (taken.has(`${name}-${count}`)) count++
  return `${name}-${count}`
}
