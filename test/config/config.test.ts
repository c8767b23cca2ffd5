/** Loading prometheus.yml: defaults, inheritance, hints, warnings, bounds, secrets and printing. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { inspect } from 'node:util'
import { NarthexError } from '../../src/base/error.ts'
import {
  defaultConfig,
  type Loaded,
  type LoadOptions,
  loadConfig,
  readConfig,
} from '../../src/config/config.ts'
import { formatProblem } from '../../src/config/report.ts'
import { YAML_ALIASES_MAX } from '../../src/config/yaml.ts'
import { cpuMsOf } from '../support/cpu.ts'

let dir = ''
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'narthex-config-'))
})
after(() => rmSync(dir, { recursive: true }))

function read(text: string, options: LoadOptions = {}): Loaded {
  return readConfig(text, path.join(dir, 'prometheus.yml'), options)
}

function errorsOf(text: string): string[] {
  return read(text).errors.map((problem) => formatProblem(problem).replace(`${dir}/`, ''))
}

const JOB = 'scrape_configs:\n- job_name: a\n'

test('an empty file gives the defaults of Prometheus', () => {
  for (const config of [defaultConfig(), read('').config, read('# nothing\n').config]) {
    assert.ok(config)
    assert.equal(config.scrapeIntervalMs, 60_000)
    assert.equal(config.scrapeTimeoutMs, 10_000)
    assert.equal(config.evaluationIntervalMs, 60_000)
    assert.deepEqual(config.scrape, [])
    assert.equal(config.storage.outOfOrderTimeWindowMs, 0)
    assert.equal(config.narthex.host.mode, 'auto')
  }
})

test('a job takes over what it does not say itself', () => {
  const { config } = read(`
global: {scrape_interval: 5s, sample_limit: 7, metric_name_validation_scheme: legacy}
scrape_configs:
- job_name: short
- job_name: own
  scrape_interval: 1m
  scrape_timeout: 30s
  sample_limit: 9
  body_size_limit: 0
  metric_name_validation_scheme: utf8
  params: {module: [http, tcp]}
`)
  const [short, own] = config?.scrape ?? []
  assert.deepEqual([short.scrapeIntervalMs, short.scrapeTimeoutMs], [5000, 5000])
  assert.deepEqual([short.sampleLimit, short.nameEscaping], [7, 'underscores'])
  assert.equal(short.bodySizeLimitBytes, 0)
  assert.deepEqual([own.scrapeIntervalMs, own.scrapeTimeoutMs], [60_000, 30_000])
  assert.deepEqual([own.sampleLimit, own.bodySizeLimitBytes], [9, 0])
  assert.deepEqual([own.nameValidation, own.nameEscaping], ['utf8', 'allow-utf-8'])
  assert.deepEqual(own.params, [['module', ['http', 'tcp']]])
})

test('the out-of-order window, limits and scalars keep their units', () => {
  const { config } = read(`
storage: {tsdb: {out_of_order_time_window: 100y, retention: {time: 2d, size: 1GiB500MB}}}
${JOB}  body_size_limit: 15MB
`)
  assert.equal(config?.storage.outOfOrderTimeWindowMs, 100 * 365 * 86_400_000)
  assert.equal(config?.storage.retentionTimeMs, 2 * 86_400_000)
  assert.equal(config?.storage.retentionSizeBytes, 1024 ** 3 + 500 * 1024 ** 2)
  assert.equal(config?.scrape[0].bodySizeLimitBytes, 15 * 1024 ** 2)
})

test('texts that look like other things stay texts, YAML 1.1 truths are truths', () => {
  const { config } = read(`
scrape_configs:
- job_name: 0123
  honor_labels: yes
  honor_timestamps: Off
  basic_auth: {username: true, password: 1e3}
`)
  const job = config?.scrape[0]
  assert.equal(job?.jobName, '0123')
  assert.deepEqual([job?.honorLabels, job?.honorTimestamps], [true, false])
  assert.equal(job?.http.basicAuth?.username, 'true')
  assert.equal(job?.http.basicAuth?.password?.reveal(), '1e3')
})

test('anchors and merges do what they say, own keys first', () => {
  const { config } = read(`
scrape_configs:
- &base
  job_name: a
  scrape_interval: 7s
  static_configs: [{targets: ['h:1']}]
- <<: *base
  job_name: b
`)
  assert.deepEqual(
    config?.scrape.map((job) => [job.jobName, job.scrapeIntervalMs, job.discovery.static.length]),
    [
      ['a', 7000, 1],
      ['b', 7000, 1],
    ],
  )
})

for (const [name, text, wanted] of [
  [
    'a mistyped key, with the nearest one',
    `${JOB}  scrape_intervall: 5s\n`,
    'prometheus.yml:3:3: field scrape_intervall not found in type config.plain, did you mean scrape_interval?',
  ],
  [
    'swapped letters',
    'gloabl: {}\n',
    'prometheus.yml:1:1: field gloabl not found in type config.plain, did you mean global?',
  ],
  [
    'a key like no other, without a hint',
    'nothing_like_it: 1\n',
    'prometheus.yml:1:1: field nothing_like_it not found in type config.plain',
  ],
  [
    'a tab in the indentation',
    'global:\n\tscrape_interval: 5s\n',
    'prometheus.yml:2:1: a tab in the indentation, YAML wants spaces',
  ],
  [
    'a list for a map',
    'global: []\n',
    'prometheus.yml:1:9: cannot read global: a list, wanted a map',
  ],
  [
    'a map for a text',
    `${JOB}  metrics_path: {}\n`,
    'prometheus.yml:3:17: cannot read metrics_path: a map, wanted a text',
  ],
  [
    'a number out of range',
    `${JOB}  sample_limit: -1\n`,
    'prometheus.yml:3:17: cannot read number: -1, wanted 0 or more',
  ],
  [
    'a truth that is none',
    `${JOB}  honor_labels: perhaps\n`,
    'prometheus.yml:3:17: cannot read truth: "perhaps", wanted true or false',
  ],
  [
    'a duration that is none',
    `${JOB}  scrape_interval: 5\n`,
    'prometheus.yml:3:20: not a valid duration string: "5"',
  ],
  [
    'two jobs of one name',
    `${JOB}- job_name: a\n`,
    'prometheus.yml:3:13: found multiple scrape configs with job name "a"',
  ],
  [
    'a URL as a target',
    `${JOB}  static_configs: [{targets: ['http://bad']}]\n`,
    'prometheus.yml:3:19: "http://bad" is not a valid hostname',
  ],
  [
    'an unknown anchor',
    'global: *nothing\n',
    'prometheus.yml:1:9: no anchor named nothing before this',
  ],
  [
    'a regular expression that RE2 refuses',
    `${JOB}  relabel_configs: [{regex: 'abc(def', target_label: x}]\n`,
    'error parsing regexp',
  ],
  ['a password with a proxy', `${JOB}  no_proxy: x\n`, 'if no_proxy is configured, proxy_url must'],
  [
    'a legacy name under legacy naming',
    `${JOB}  metric_name_validation_scheme: legacy\n  relabel_configs: [{target_label: 가}]\n`,
    '"가" is invalid \'target_label\' for replace action',
  ],
] as const) {
  test(`loading refuses ${name}`, () => {
    const errors = errorsOf(text)
    assert.equal(errors.length, 1, errors.join('\n'))
    assert.ok(errors[0].includes(wanted), errors[0])
  })
}

test('loadConfig throws one line with every fault', () => {
  const file = path.join(dir, 'bad.yml')
  writeFileSync(file, 'a1: 1\nb2: 2\nglobal: {c3: 3}\n')
  assert.throws(
    () => loadConfig(file),
    (e) =>
      e instanceof NarthexError &&
      e.kind === 'bad_data' &&
      ['a1', 'b2', 'c3'].every((key) => e.message.includes(`field ${key} not found`)) &&
      !e.message.includes('\n'),
  )
  assert.throws(
    () => loadConfig(path.join(dir, 'none.yml')),
    (e) => e instanceof NarthexError && e.kind === 'io' && e.message.includes('none.yml'),
  )
})

test('what is not supported yet is a warning with its line, what is empty is not', () => {
  const { config, warnings } = read(`
rule_files: [a.yml]
remote_write: []
scrape_configs:
- job_name: a
  ec2_sd_configs: [{region: x}]
alerting:
  alertmanagers: []
runtime: {gogc: 50}
storage: {exemplars: {max_exemplars: 9}}
global: {query_log_file: q.log, scrape_failure_log_file: f.log}
`)
  assert.ok(config)
  assert.deepEqual(
    warnings.map((one) => [one.line, one.message.split(' ')[0]]),
    [
      [2, 'rule_files'],
      [6, 'ec2_sd_configs'],
      [8, 'alerting'],
      [9, 'gogc'],
      [10, 'keeping'],
      [11, 'query_log_file'],
    ],
  )
})

test('C39: an alias bomb and deep nesting are refused quickly', () => {
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]']
  for (let i = 1; i < 12; i++) {
    const [last, next] = [String.fromCharCode(96 + i), String.fromCharCode(97 + i)]
    bomb.push(`${next}: &${next} [${Array(9).fill(`*${last}`).join(',')}]`)
  }
  const tookMs = cpuMsOf(() => {
    assert.match(errorsOf(bomb.join('\n'))[0], new RegExp(`more than ${YAML_ALIASES_MAX} uses`))
    assert.match(errorsOf(`global: ${'['.repeat(70)}${']'.repeat(70)}`)[0], /nested deeper than 64/)
    assert.match(errorsOf(`global: ${'['.repeat(50_000)}`)[0], /nested deeper than 64/)
    assert.match(errorsOf('a: &a [*a]')[0], /nested deeper|Unresolved alias|more than/)
  })
  assert.ok(tookMs < 3000, `${tookMs} ms`)
})

test('C39: keys with meaning for JavaScript are unknown keys and plain labels', () => {
  assert.match(errorsOf('__proto__: {x: 1}')[0], /field __proto__ not found/)
  const { config } = read(`${JOB}  static_configs: [{targets: [h], labels: {__proto__: x}}]`)
  assert.deepEqual(config?.scrape[0].discovery.static[0].labels, ['__proto__', 'x'])
  assert.equal(({} as Record<string, unknown>).x, undefined)
})

test('external labels are expanded from the environment, nothing else is', () => {
  const { config } = read(
    `global: {external_labels: {a: "\${WHERE}-$WHO-$$", b: "\${NOT_SET}"}}\n${JOB}  metrics_path: /$WHO`,
    { environment: { WHERE: 'here', WHO: 'me' } },
  )
  assert.deepEqual(config?.externalLabels, ['a', 'here-me-$'])
  assert.equal(config?.scrape[0].metricsPath, '/$WHO')
})

test('paths are absolute against the folder of their own file, included files too', () => {
  mkdirSync(path.join(dir, 'jobs'), { recursive: true })
  writeFileSync(
    path.join(dir, 'jobs', 'one.yml'),
    'scrape_configs:\n- job_name: one\n  tls_config: {ca_file: ca.pem}\n',
  )
  const text = `scrape_config_files: [jobs/*.yml]\nrule_files: [rules/*.yml]\n${JOB}  bearer_token_file: t\n`
  const { config } = read(text)
  assert.deepEqual(config?.ruleFiles, [path.join(dir, 'rules/*.yml')])
  assert.equal(config?.scrape[0].http.authorization?.credentialsFile, path.join(dir, 't'))
  assert.equal(config?.scrape[1].http.tls.caFile, path.join(dir, 'jobs/ca.pem'))
  const twice = read(`${text.replace(JOB, 'scrape_configs:\n- job_name: one\n')}`)
  assert.match(twice.errors[0].message, /multiple scrape configs with job name "one", first found/)
})

test('C28: no secret of a file appears in what is printed, thrown, logged or inspected', () => {
  const text = `
scrape_configs:
- job_name: a
  basic_auth: {username: u, password: CANARY1}
  proxy_url: http://u:CANARY2@proxy:1
  proxy_connect_header: {X: [CANARY3]}
  http_headers: {X-Key: {secrets: [CANARY4], values: [shown]}}
  http_sd_configs: [{url: 'http://u:CANARY5@sd:1/', oauth2: {client_id: i, client_secret: CANARY6, token_url: http://t}}]
  consul_sd_configs: [{server: s, token: CANARY7}]
- job_name: b
  authorization: {credentials: CANARY8}
  tls_config: {cert: c, key: CANARY9}
`
  const { config, warnings } = read(text)
  assert.ok(config)
  const said = [
    config.yaml,
    JSON.stringify(config.scrape[1], showBigint),
    inspect(config.scrape[0].http),
  ]
  assert.doesNotMatch([...said, ...warnings.map(formatProblem)].join('\n'), /CANARY/)
  assert.match(config.yaml, /password: <secret>/)
  assert.match(config.yaml, /- shown/)
  for (const broken of [
    `${JOB}  basic_auth: CANARY\n`,
    `${JOB}  proxy_url: http://u:CAN/ARY@%zz\n`,
    `${JOB}  http_sd_configs: [{url: 'http://u:CANARY@h:port/'}]\n`,
    `${JOB}  authorization: [CANARY]\n`,
  ]) {
    assert.doesNotMatch(errorsOf(broken).join(), /CAN\/?ARY/)
    assert.equal(errorsOf(broken).length, 1, broken)
  }
})

function showBigint(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

const PRINTED = `global:
  scrape_interval: 15s
  scrape_timeout: 10s
  scrape_protocols:
  - OpenMetricsText1.0.0
  - OpenMetricsText0.0.1
  - PrometheusText1.0.0
  - PrometheusText0.0.4
  evaluation_interval: 1m
  external_labels:
    a: b
  metric_name_validation_scheme: utf8
  scrape_native_histograms: false
  convert_classic_histograms_to_nhcb: false
  always_scrape_classic_histograms: false
  extra_scrape_metrics: false
scrape_configs:
- job_name: a
  honor_timestamps: true
  track_timestamps_staleness: false
  scrape_interval: 15s
  scrape_timeout: 10s
  scrape_protocols:
  - OpenMetricsText1.0.0
  - OpenMetricsText0.0.1
  - PrometheusText1.0.0
  - PrometheusText0.0.4
  scrape_native_histograms: false
  always_scrape_classic_histograms: false
  convert_classic_histograms_to_nhcb: false
  metrics_path: /metrics
  scheme: http
  enable_compression: true
  metric_name_validation_scheme: utf8
  metric_name_escaping_scheme: allow-utf-8
  extra_scrape_metrics: false
  follow_redirects: true
  enable_http2: true
  relabel_configs:
  - source_labels:
    - x
    - y
    separator: ;
    regex: (.*)
    target_label: z
    replacement: $1
    action: replace
  static_configs:
  - targets:
    - h:1
    labels:
      l: v
`

test('the printed configuration has the defaults written out and loads to the same', () => {
  const { config } = read(`
global: {scrape_interval: 15s, external_labels: {a: b}}
scrape_configs:
- job_name: a
  relabel_configs: [{source_labels: [x, y], target_label: z}]
  static_configs: [{targets: ['h:1'], labels: {l: v}}]
`)
  assert.equal(config?.yaml, PRINTED)
  const again = read(config?.yaml ?? '').config
  assert.equal(again?.yaml, PRINTED)
  assert.equal(
    JSON.stringify(again?.scrape, showBigint),
    JSON.stringify(config?.scrape, showBigint),
  )
})

test('a configuration is frozen to the leaves', () => {
  const { config } = read(
    `${JOB}  relabel_configs: [{target_label: x}]\n  http_headers: {A: {values: [b]}}`,
  )
  const open: string[] = []
  const walk = (value: unknown, at: string): void => {
    if (typeof value !== 'object' || value === null || value.constructor?.name === 'Secret') return
    if (!Object.isFrozen(value)) open.push(at)
    for (const [key, inner] of Object.entries(value)) walk(inner, `${at}.${key}`)
  }
  walk(config, 'config')
  assert.deepEqual(open, [])
})

test('discovery that has an effect is read with its defaults, and without a warning', () => {
  const { config, warnings } = read(`
scrape_configs:
- job_name: a
  dns_sd_configs: [{names: [x, y]}, {names: [x], type: mx, port: 9100}]
  consul_sd_configs: [{token: t, tags: [a], node_meta: {k: v}}]
  kubernetes_sd_configs:
  - role: pod
    namespaces: {own_namespace: true, names: [b]}
    selectors: [{role: pod, label: app=x}]
    attach_metadata: {node: true, namespace: true}
  docker_sd_configs: [{host: unix:///d.sock, filters: [{name: label, values: [a]}]}]
`)
  assert.deepEqual(warnings, [])
  const [job] = config?.scrape ?? []
  const { dns, consul, kubernetes, docker } = job.discovery
  assert.deepEqual(dns, [
    { names: ['x', 'y'], type: 'SRV', port: 0, refreshIntervalMs: 30_000 },
    { names: ['x'], type: 'MX', port: 9100, refreshIntervalMs: 30_000 },
  ])
  const { server, scheme, tagSeparator, allowStale, refreshIntervalMs, token, nodeMeta } = consul[0]
  assert.deepEqual(
    [server, scheme, tagSeparator, allowStale, refreshIntervalMs, token?.reveal(), nodeMeta],
    ['localhost:8500', 'http', ',', true, 30_000, 't', [['k', 'v']]],
  )
  const { http: _http, ...pods } = kubernetes[0]
  assert.deepEqual(pods, {
    role: 'pod',
    apiServer: '',
    kubeconfigFile: '',
    namespaces: ['b'],
    ownNamespace: true,
    selectors: [{ role: 'pod', label: 'app=x', field: '' }],
    attachNode: true,
    attachNamespace: true,
  })
  const { http: _too, ...containers } = docker[0]
  assert.deepEqual(containers, {
    host: 'unix:///d.sock',
    port: 80,
    filters: [{ name: 'label', values: ['a'] }],
    hostNetworkingHost: 'localhost',
    matchFirstNetwork: true,
    refreshIntervalMs: 60_000,
  })
})
