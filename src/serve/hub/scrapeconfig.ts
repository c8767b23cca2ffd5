/** The scrape configuration with which a consumer finds its targets here. */

export type ScrapeConfigFor = 'prometheus' | 'vmagent' | 'narthex'

/** How often consumers are to ask: Prometheus takes over what it has heard each 5 s at most. */
const REFRESH = '5s'

const HEADS: Readonly<Record<ScrapeConfigFor, readonly string[]>> = {
  prometheus: ['# prometheus.yml'],
  vmagent: [
    '# File of -promscrape.config. vmagent asks as often as its own flag says:',
    `#   -promscrape.httpSDCheckInterval=${REFRESH}`,
  ],
  narthex: ['# File of --config.file'],
}

/** File that a consumer reads its token from, beside its configuration. */
const TOKEN_FILE = 'hub.token'

/** What a consumer asks for. */
export interface ScrapeList {
  /** Of the list. */
  readonly url: string
  /** '' for all jobs; a label `job` of a target wins over its name. */
  readonly job: string
  /** Whether the hub asks who comes. */
  readonly needsToken: boolean
}

/** A file that can be used as it is; where a token is needed, with that in a file beside it. */
export function writeScrapeConfig(
  consumer: ScrapeConfigFor,
  { url, job, needsToken }: ScrapeList,
): string {
  const mark = needsToken ? '' : '# '
  const refresh = consumer === 'vmagent' ? [] : [`        refresh_interval: ${REFRESH}`]
  return [
    ...HEADS[consumer],
    'scrape_configs:',
    `  - job_name: ${JSON.stringify(job === '' ? 'hub' : job)}`,
    '    scrape_interval: 15s',
    '    http_sd_configs:',
    `      - url: ${JSON.stringify(url)}`,
    ...refresh,
    needsToken
      ? '        # A token of the role viewer, made by narthex hub tokens add:'
      : '        # Where the hub asks who comes:',
    `        ${mark}authorization: {credentials_file: ${TOKEN_FILE}}`,
    '',
  ].join('\n')
}
