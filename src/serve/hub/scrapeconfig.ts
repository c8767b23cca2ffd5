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

/**
 * A file that can be used as it is.
 *
 * @param url  of the list
 * @param job  '' for all jobs; a label `job` of a target wins over its name
 */
export function writeScrapeConfig(consumer: ScrapeConfigFor, url: string, job: string): string {
  const refresh = consumer === 'vmagent' ? [] : [`        refresh_interval: ${REFRESH}`]
  return [
    ...HEADS[consumer],
    'scrape_configs:',
    `  - job_name: ${JSON.stringify(job === '' ? 'hub' : job)}`,
    '    scrape_interval: 15s',
    '    http_sd_configs:',
    `      - url: ${JSON.stringify(url)}`,
    ...refresh,
    '        # Where the hub asks who comes:',
    '        # authorization: {credentials_file: hub.token}',
    '',
  ].join('\n')
}
