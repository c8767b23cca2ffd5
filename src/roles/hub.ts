/** `narthex hub`: what is to be monitored, for people and for those who scrape. */
import { fileURLToPath } from 'node:url'
import { systemClock } from '../base/clock.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import { Metrics } from '../base/metrics.ts'
import { registerProcessMetrics } from '../base/process.ts'
import { openUpstream } from '../send/upstream/upstream.ts'
import { descriptionRoute } from '../serve/openapi/document.ts'
import { openPages } from '../serve/pages.ts'
import { operationRoutes } from '../serve/routes.ts'
import { type AdmittingOptions, startAdmitting } from './admitting.ts'
import { askUpstream } from './asknow.ts'
import { type CataloguingOptions, startCataloguing } from './cataloguing.ts'
import { Configuration } from './configuration.ts'
import { operationDeps } from './facts.ts'
import { type RegisteringOptions, startRegistering } from './registering.ts'
import type { Running } from './running.ts'
import { upstreamOf } from './upstream.ts'
import { readWeb, startWeb, type Web, type WebOptions } from './web.ts'

/** Everything that flags say. */
export interface HubOptions extends RegisteringOptions, CataloguingOptions, AdmittingOptions {
  /** '' for none. */
  readonly configFile: string
  /** URL of an engine that knows which exporters run where; '' for what the configuration says. */
  readonly upstreamUrl: string
  /** Largest request body, in bytes. */
  readonly requestBytesMax: number
  readonly web: WebOptions
  /** Every flag with its text, for the status page. */
  readonly flags: ReadonlyMap<string, string>
}

/**
 * Starts the rooms; `life` stops them in the opposite order.
 *
 * @throws NarthexError `bad_data` for flags and files that cannot be used, `io` and `busy` for a
 *   port or a database that cannot be had
 */
export async function startHub(options: HubOptions, log: Log, life: Lifecycle): Promise<Running> {
  const clock = systemClock
  const metrics = new Metrics()
  registerProcessMetrics(metrics)
  let running: Web | undefined
  const configuration = new Configuration({ file: options.configFile, clock, log, metrics })
  const webConfig = readWeb(options.web)
  const scheme = (): string => (webConfig.tls === undefined ? 'http' : 'https')
  const registering = await startRegistering(options, { log, metrics, scheme }, life)
  const { records, registry } = registering
  const admitting = await startAdmitting(
    options,
    {
      records,
      options: options.web,
      web: () => running?.config ?? webConfig,
      scheme,
      log,
      metrics,
    },
    life,
  )
  const upstream = upstreamOf(options.upstreamUrl, configuration)
  const askNow =
    upstream &&
    askUpstream(
      life.own(openUpstream({ config: upstream, clock, metrics, environment: process.env })),
    )
  const cataloguing = await startCataloguing(
    options,
    { configuration, records, registry, askNow, log, metrics },
    life,
  )

  const described = [...registering.routes, ...cataloguing.routes, ...admitting.routes]

  const reload = async (): Promise<void> => {
    web.reload()
    await configuration.reload()
    await cataloguing.reload()
  }
  const web = await startWeb(
    options.web,
    webConfig,
    {
      metrics,
      log,
      clock,
      requestBytesMax: options.requestBytesMax,
      changesPerSecondMax: options.changesPerSecondMax,
      identities: admitting.identities,
      witness: admitting.witness,
      routes: [
        ...operationRoutes({
          ...operationDeps(options, configuration, {
            ...{ metrics, isReady: () => true, reach: () => records.reach() },
          }),
          reload,
        }),
        ...described,
        descriptionRoute('narthex hub', described),
        ...openPages(fileURLToPath(new URL('./ui', import.meta.url)), 'hub'),
      ],
    },
    life,
  )
  running = web
  return { urls: [web.url], reload }
}
