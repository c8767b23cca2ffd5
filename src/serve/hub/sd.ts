/** GET /sd/http: targets as Prometheus and those who read its discovery want them. */
import { NarthexError, STATUS_OF_KIND } from '../../base/error.ts'
import type { Registry, TargetList, TargetQuery } from '../../model/registry.ts'
import { pickEncoding } from '../../net/server/compress.ts'
import { isSameTag } from '../../net/server/etag.ts'
import { ANYBODY, type Ask, type Reply } from '../../net/server/message.ts'
import { success } from '../api/envelope.ts'
import { callerOf } from './caller.ts'
import { type ScrapeConfigFor, writeScrapeConfig } from './scrapeconfig.ts'

const TYPE = 'application/json'

/** In which consumers say how often they come. */
export const REFRESH_HEADER = 'x-prometheus-refresh-interval-seconds'

/** Labels that one address may ask for. */
export const FILTERS_MAX = 32

/** The whole list, or 304; never `null`, never a part, and 503 while it cannot be known. */
export async function handleTargetList(ask: Ask, registry: Registry): Promise<Reply> {
  const query = readQuery(ask.params, ask.segments.get('job') ?? '')
  const remember = (status: number, targets: number, etag: string): void => {
    registry.seen({
      ...{ name: callerOf(ask), address: ask.address },
      path: pathOf(query),
      agent: ask.header('user-agent') ?? '',
      intervalSeconds: readSeconds(ask.header(REFRESH_HEADER)),
      ...{ status, targets, etag },
    })
  }
  let list: TargetList
  try {
    list = await registry.targets(query)
  } catch (error) {
    if (error instanceof NarthexError) remember(STATUS_OF_KIND[error.kind], 0, '')
    throw error
  }
  const { etag, targets, json } = list
  const headers = { etag, 'cache-control': 'no-cache', vary: 'accept-encoding' }
  if (isSameTag(ask.header('if-none-match'), etag)) {
    remember(304, targets, etag)
    return { status: 304, type: '', body: '', headers }
  }
  remember(200, targets, etag)
  if (pickEncoding(ask.header('accept-encoding'), ['gzip']) === 'identity') {
    return { status: 200, type: TYPE, body: json, headers }
  }
  const gzip = { ...headers, 'content-encoding': 'gzip' }
  return { status: 200, type: TYPE, body: await list.gzip(), headers: gzip }
}

/** Who polls, how often, what they got. */
export async function handleConsumers(registry: Registry): Promise<Reply> {
  const consumers = await registry.consumers()
  return success({
    consumers: consumers.map(({ seenMs, ...rest }) => ({
      ...rest,
      lastSeen: new Date(seenMs).toISOString(),
    })),
  })
}

/** What a consumer has to be configured with. */
export function handleScrapeConfig(ask: Ask, scheme: string): Reply {
  const { params } = ask
  const consumer = params.get('for') ?? 'prometheus'
  if (!isConsumer(consumer)) {
    throw new NarthexError(
      'bad_data',
      `cannot write scrape configuration: ${JSON.stringify(consumer)}, wanted prometheus, vmagent or narthex`,
    )
  }
  const job = params.get('job') ?? ''
  const labels = new URLSearchParams(params)
  for (const name of ['for', 'job']) labels.delete(name)
  const url = `${scheme}://${ask.header('host') ?? 'localhost'}${pathOf(readQuery(labels, job))}`
  const needsToken = ask.identity.name !== ANYBODY
  const body = writeScrapeConfig(consumer, { url, job, needsToken })
  return { status: 200, type: 'text/yaml; charset=utf-8', body }
}

function isConsumer(name: string): name is ScrapeConfigFor {
  return name === 'prometheus' || name === 'vmagent' || name === 'narthex'
}

/** @throws NarthexError `bad_data` */
function readQuery(params: URLSearchParams, job: string): TargetQuery {
  const labels = new Map<string, string[]>()
  for (const [name, value] of params) labels.set(name, [...(labels.get(name) ?? []), value])
  if (params.size <= FILTERS_MAX) return { job, labels }
  throw new NarthexError(
    'bad_data',
    `cannot list targets: ${params.size} filters, the bound is ${FILTERS_MAX}`,
  )
}

/** The address of a list. */
function pathOf({ job, labels }: TargetQuery): string {
  const pairs = [...labels].flatMap(([name, values]) => values.map((value) => [name, value]))
  const path = job === '' ? '/sd/http' : `/sd/http/${encodeURIComponent(job)}`
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs)}`
}

/** 0 for what is no number of seconds. */
function readSeconds(text: string | undefined): number {
  const seconds = Number(text ?? 0)
  return seconds >= 0 && seconds <= 1e9 ? seconds : 0
}
