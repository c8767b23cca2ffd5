/** What `narthex up` does without a configuration file: this machine, itself, and what it finds. */
import { createHash, randomBytes } from 'node:crypto'
import { Secret } from '../base/secret.ts'
import { type Config, readConfig } from '../config/config.ts'
import { refusal } from '../config/report.ts'
import type { WebConfig } from '../config/web.ts'

/** Without a file the first minutes matter most, so the interval is short. */
const INTERVAL = '5s'

/** The job under which the program scrapes itself. */
export const SELF_JOB = 'narthex'

/** Job of the targets that the search on loopback finds; each says its own `job`. */
export const LOOPBACK_JOB = 'loopback'

/** Job of the targets of the registry; those that say their `job` have that. */
export const REGISTRY_JOB = 'registry'

/** A token with which the program scrapes itself; it lives as long as the process and is shown nowhere. */
export function makeSelfToken(): Secret {
  return new Secret(randomBytes(32).toString('base64url'))
}

/** The web configuration with one more token, of a viewer, where visitors must say who they are. */
export function admitSelf(web: WebConfig, token: Secret): WebConfig {
  if (web.users.length === 0 && web.tokens.length === 0) return web
  const sha256 = createHash('sha256').update(token.reveal()).digest('hex')
  return { ...web, tokens: [...web.tokens, { name: 'narthex', sha256, role: 'viewer' }] }
}

/**
 * The configuration of an unconfigured server.
 *
 * @param address `host:port` under which the server reaches itself
 * @param web as `admitSelf` made it
 * @param scrapeFolder with files of more jobs; absent for none
 * @throws NarthexError `bad_data` for files of the folder that cannot be used
 */
export function unconfigured(
  address: string,
  web: WebConfig,
  token: Secret,
  scrapeFolder?: string,
): Config {
  const isTls = web.tls !== undefined
  const text = [
    `global: {scrape_interval: ${INTERVAL}, scrape_timeout: ${INTERVAL}}`,
    'scrape_configs:',
    `  - job_name: ${SELF_JOB}`,
    `    scheme: ${isTls ? 'https' : 'http'}`,
    `    static_configs: [{targets: ['${address}']}]`,
    ...(isTls ? ['    tls_config: {insecure_skip_verify: true}'] : []),
    `narthex: {host: {interval: ${INTERVAL}}}`,
  ].join('\n')
  const { config, errors } = readConfig(
    text,
    '',
    scrapeFolder === undefined ? {} : { scrapeFolder },
  )
  if (config === undefined) throw refusal(scrapeFolder ?? 'the built-in configuration', errors)
  const authorization = { type: 'Bearer', credentials: token, credentialsFile: '' }
  const scrape = config.scrape.map((job) =>
    job.jobName === SELF_JOB ? { ...job, http: { ...job.http, authorization } } : job,
  )
  return { ...config, scrape }
}
