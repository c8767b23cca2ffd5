/** What `narthex up` does without a configuration file: this machine, itself, and what it finds. */
import { createHash, randomBytes } from 'node:crypto'
import { assert } from '../base/error.ts'
import { Secret } from '../base/secret.ts'
import { type Config, readConfig } from '../config/config.ts'
import type { WebConfig } from '../config/web.ts'

/** Job of the targets that the search on loopback finds. */
export const LOOPBACK_JOB = 'loopback'

/** Without a file the first minutes matter most, so the interval is short. */
const INTERVAL = '5s'

/** How the program reaches itself when visitors must say who they are. */
export interface SelfAccess {
  /** The web configuration with one more token, of a viewer. */
  readonly web: WebConfig
  readonly token: Secret
}

/** Adds a token for our own scrapes; it lives as long as the process and is shown nowhere. */
export function openSelfAccess(web: WebConfig): SelfAccess {
  const token = new Secret(randomBytes(32).toString('base64url'))
  const sha256 = createHash('sha256').update(token.reveal()).digest('hex')
  const tokens = [...web.tokens, { name: 'narthex', sha256, role: 'viewer' as const }]
  const guarded = web.users.length > 0 || web.tokens.length > 0
  return { web: guarded ? { ...web, tokens } : web, token }
}

/**
 * The configuration of an unconfigured server.
 *
 * @param address `host:port` under which the server reaches itself
 */
export function unconfigured(address: string, self: SelfAccess): Config {
  const isTls = self.web.tls !== undefined
  const text = [
    `global: {scrape_interval: ${INTERVAL}, scrape_timeout: ${INTERVAL}}`,
    'scrape_configs:',
    '  - job_name: narthex',
    `    scheme: ${isTls ? 'https' : 'http'}`,
    `    static_configs: [{targets: ['${address}']}]`,
    ...(isTls ? ['    tls_config: {insecure_skip_verify: true}'] : []),
    `  - job_name: ${LOOPBACK_JOB}`,
    `narthex: {host: {interval: ${INTERVAL}}, loopback: {mode: on}}`,
  ].join('\n')
  const { config } = readConfig(text, '', {})
  assert(config !== undefined, 'the built-in configuration to be valid')
  if (self.web.tokens.length === 0) return config
  const authorization = { type: 'Bearer', credentials: self.token, credentialsFile: '' }
  const scrape = config.scrape.map((job) =>
    job.jobName === LOOPBACK_JOB ? job : { ...job, http: { ...job.http, authorization } },
  )
  return { ...config, scrape }
}
