/** What Prometheus refuses in its sections, one row a rule, in words that scripts look for. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readConfig } from '../../src/config/config.ts'
import { OTHER_DISCOVERY } from '../../src/config/othersd.ts'
import { formatProblem } from '../../src/config/report.ts'

function errorsOf(text: string): string {
  return readConfig(text, 'p.yml', {}).errors.map(formatProblem).join('\n')
}

/** A job with more keys. */
function job(keys: string): string {
  return `scrape_configs: [{job_name: a, ${keys}}]`
}

function rule(keys: string): string {
  return job(`relabel_configs: [{${keys}}]`)
}

for (const [text, wanted] of [
  [
    'scrape_configs: [{job_name: prometheus}, {job_name: prometheus}]',
    'found multiple scrape configs with job name "prometheus"',
  ],
  [
    job('scrape_interval: 1s, scrape_timeout: 2s'),
    'scrape timeout greater than scrape interval for scrape config with job name "a"',
  ],
  [
    'global: {scrape_interval: 1s, scrape_timeout: 2s}',
    'global scrape timeout greater than scrape interval',
  ],
  ['global: {external_labels: {name: !!binary "/w=="}}', '"\\xff" is not a valid label value'],
  [
    'global: {metric_name_validation_scheme: legacy, external_labels: {"not:allowed": x}}',
    '"not:allowed" is not a valid label name',
  ],
  ['global: {metric_name_validation_scheme: utf9}', 'unknown name validation method'],
  [
    job('metric_name_validation_scheme: legacy, metric_name_escaping_scheme: allow-utf-8'),
    'utf8 metric names requested but validation scheme is not set to UTF8',
  ],
  ['global: {scrape_protocols: [a]}', 'unknown scrape protocol a, supported:'],
  [
    job('fallback_scrape_protocol: x'),
    'invalid fallback_scrape_protocol for scrape config with job name "a": unknown scrape protocol x',
  ],
  [rule('regex: "abc(def", target_label: x'), 'error parsing regexp'],
  [
    rule('action: hashmod, target_label: x'),
    'relabel configuration for hashmod requires non-zero modulus',
  ],
  [
    rule('action: labeldrop, source_labels: [a]'),
    "labeldrop action requires only 'regex', and no other fields",
  ],
  [
    rule('action: labeldrop, target_label: a'),
    "labeldrop action requires only 'regex', and no other fields",
  ],
  [
    rule('action: labeldrop, replacement: a'),
    "labeldrop action requires only 'regex', and no other fields",
  ],
  [
    rule('action: labeldrop, separator: ","'),
    "labeldrop action requires only 'regex', and no other fields",
  ],
  [
    rule('action: labeldrop, modulus: 8'),
    "labeldrop action requires only 'regex', and no other fields",
  ],
  [
    rule('action: uppercase, source_labels: [a]'),
    "relabel configuration for uppercase action requires 'target_label' value",
  ],
  [
    rule('action: uppercase, source_labels: [a], target_label: a, replacement: b'),
    "'replacement' can not be set for uppercase action",
  ],
  [rule('action: jump, target_label: a'), 'unknown relabel action "jump"'],
  [rule('action: "", target_label: a'), 'relabel action cannot be empty'],
  [job('consult_sd_configs: []'), 'field consult_sd_configs not found in type'],
  [
    job('bearer_token: a, basic_auth: {username: u}'),
    'at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured',
  ],
  [
    job('authorization: {credentials: a, credentials_file: b}'),
    'at most one of authorization credentials & credentials_file must be configured',
  ],
  [
    job('authorization: {type: Basic, credentials: a}'),
    'authorization type cannot be set to "basic", use "basic_auth" instead',
  ],
  [
    job('authorization: {credentials: a}, bearer_token: b'),
    'authorization is not compatible with bearer_token & bearer_token_file',
  ],
  [
    job('basic_auth: {username: a, password: b, password_file: c}'),
    'at most one of basic_auth password, password_file & password_ref must be configured',
  ],
  [
    job('basic_auth: {username: a}, oauth2: {client_id: a, token_url: b}'),
    'at most one of basic_auth, oauth2 & authorization must be configured',
  ],
  [job('oauth2: {token_url: b}'), 'oauth2 client_id cannot be empty'],
  [job('oauth2: {client_id: b}'), 'oauth2 token_url cannot be empty'],
  [
    job('tls_config: {cert_file: a}'),
    'exactly one of key or key_file must be configured when a client certificate is configured',
  ],
  [
    job('tls_config: {ca: a, ca_file: b}'),
    'at most one of ca, ca_file & ca_ref must be configured',
  ],
  [job('tls_config: {min_version: TLS9}'), 'unknown TLS version: TLS9'],
  [
    job('tls_config: {min_version: TLS13, max_version: TLS12}'),
    'tls_config.max_version must be greater than or equal to tls_config.min_version',
  ],
  [
    job('proxy_from_environment: true, proxy_url: "http://p"'),
    'if proxy_from_environment is configured, proxy_url must not be configured',
  ],
  [job('http_headers: {Host: {values: [a]}}'), 'setting header "Host" is not allowed'],
  [job('scheme: ftp'), 'unknown scheme "ftp"'],
  [job('static_configs: [null]'), 'empty or null section in static_configs'],
  [job('static_configs: [{targets: ["http://bad"]}]'), '"http://bad" is not a valid hostname'],
  [job('metric_relabel_configs: [null]'), 'empty or null metric relabeling rule'],
  [
    job('file_sd_configs: [{files: []}]'),
    'file service discovery config must contain at least one path name',
  ],
  [job('file_sd_configs: [{files: [a.txt]}]'), 'path name "a.txt" is not valid for file discovery'],
  [job('http_sd_configs: [{}]'), 'URL is missing'],
  [job('http_sd_configs: [{url: example.com}]'), "URL scheme must be 'http' or 'https'"],
  [
    job('http_sd_configs: [{url: "http://h", refresh_interval: x}]'),
    'not a valid duration string: "x"',
  ],
  [job('kubernetes_sd_configs: [{role: vacation}]'), 'unknown Kubernetes SD role "vacation"'],
  [job('kubernetes_sd_configs: [{}]'), 'role missing'],
  [
    job(
      'kubernetes_sd_configs: [{role: pod, api_server: "https://h", bearer_token: a, bearer_token_file: b}]',
    ),
    'at most one of bearer_token & bearer_token_file must be configured',
  ],
  [
    job('kubernetes_sd_configs: [{role: ingress, selectors: [{role: node}]}]'),
    'ingress role supports only ingress selectors',
  ],
  [
    job('kubernetes_sd_configs: [{role: pod, selectors: [{role: pod}, {role: pod}]}]'),
    'duplicated selector role: pod',
  ],
  [job('marathon_sd_configs: [{}]'), 'marathon_sd: must contain at least one Marathon server'],
  [
    job('marathon_sd_configs: [{servers: [s], auth_token: a, basic_auth: {username: u}}]'),
    'marathon_sd: at most one of basic_auth, auth_token & auth_token_file must be configured',
  ],
  [
    job('ec2_sd_configs: [{filters: [{name: a, values: []}]}]'),
    'EC2 SD configuration filter values cannot be empty',
  ],
  [
    job('azure_sd_configs: [{subscription_id: s, tenant_id: t, client_secret: c}]'),
    'azure SD configuration requires a client_id',
  ],
  [
    job('azure_sd_configs: [{subscription_id: s, tenant_id: t, client_id: c}]'),
    'azure SD configuration requires a client_secret',
  ],
  [
    job('azure_sd_configs: [{tenant_id: t, client_id: c, client_secret: s}]'),
    'azure SD configuration requires a subscription_id',
  ],
  [job('puppetdb_sd_configs: [{url: "http://", query: q}]'), 'host is missing in URL'],
  [job('hetzner_sd_configs: [{role: invalid}]'), 'unknown role'],
  [job('scaleway_sd_configs: [{role: invalid, secret_key: s}]'), 'unknown role "invalid"'],
  [
    job('scaleway_sd_configs: [{role: instance, secret_key: s, secret_key_file: f}]'),
    'at most one of secret_key & secret_key_file must be configured',
  ],
  [
    job('dns_sd_configs: [{names: [a], type: A}]'),
    'a port is required in DNS-SD configs for all record types except SRV',
  ],
  [job('dns_sd_configs: [{}]'), 'DNS-SD config must contain at least one SRV record name'],
  [job('consul_sd_configs: [{server: ""}]'), 'consul SD configuration requires a server address'],
  [job('triton_sd_configs: [{}]'), 'triton SD configuration requires an account'],
  [
    job('nerve_sd_configs: [{servers: [a], paths: [b]}]'),
    "nerve SD config paths must begin with '/': b",
  ],
  [job('gce_sd_configs: [{zone: z}]'), 'GCE SD configuration requires a project'],
  [
    job('dockerswarm_sd_configs: [{host: h, role: x}]'),
    'invalid role x, expected tasks, services, or nodes',
  ],
  ['remote_write: [{}]', 'url for remote_write is empty'],
  ['remote_read: [{}]', 'url for remote_read is empty'],
  [
    'remote_write: [{url: "http://h", write_relabel_configs: [null]}]',
    'empty or null relabeling rule in remote write config',
  ],
  [
    'remote_read: [{url: "http://a", name: q}, {url: "http://b", name: q}]',
    'found multiple remote read configs with job name "q"',
  ],
  [
    'remote_read: [{url: "http://h", headers: {x-prometheus-remote-write-version: a}}]',
    'x-prometheus-remote-write-version is a reserved header. It must not be changed',
  ],
  [
    'remote_write: [{url: "http://h", sigv4: {}, basic_auth: {username: u}}]',
    'at most one of basic_auth, authorization, oauth2, sigv4, azuread or google_iam must be configured',
  ],
  ['tracing: {sampling_fraction: 1}', 'tracing endpoint must be set'],
  [
    'tracing: {endpoint: e, headers: {Authorization: x}}',
    'authorization header configuration is not yet supported',
  ],
  [
    'otlp: {promote_resource_attributes: [a, " a ", ""]}',
    'duplicated promoted OTel resource attribute "a"',
  ],
  ['otlp: {promote_resource_attributes: [a, " a ", ""]}', 'empty promoted OTel resource attribute'],
  [
    'otlp: {promote_all_resource_attributes: true, promote_resource_attributes: [a]}',
    "'promote_all_resource_attributes' and 'promote_resource_attributes' cannot be configured simultaneously",
  ],
  ['otlp: {translation_strategy: Mine}', 'unsupported OTLP translation strategy "Mine"'],
  [
    'alerting: {alertmanagers: [{api_version: v1}]}',
    'expected Alertmanager api version to be one of [v2] but got v1',
  ],
  [
    'alerting: {alertmanagers: [{static_configs: [{targets: ["http://bad"]}]}]}',
    '"http://bad" is not a valid hostname',
  ],
  ['storage: {tsdb: {out_of_order_time_window: soon}}', 'not a valid duration string: "soon"'],
  ['narthex: {host: {mode: perhaps}}', 'unknown mode "perhaps"'],
  ['narthex: {loopback: {interval: 1s}}', 'interval below 10s'],
] as const) {
  test(`refused: ${text}`, () => assert.ok(errorsOf(text).includes(wanted), errorsOf(text)))
}

test('every kind of discovery refuses an empty entry and a key from nowhere', () => {
  const ours = ['file', 'http', 'dns', 'consul', 'kubernetes', 'docker']
  const kinds = [...ours, ...Object.keys(OTHER_DISCOVERY)]
  assert.ok(kinds.length >= 34)
  for (const kind of kinds) {
    const empty = errorsOf(job(`${kind}_sd_configs: [null]`))
    assert.match(empty, new RegExp(`empty or null section in ${kind}_sd_configs`))
    const loaded = readConfig(job(`${kind}_sd_configs: [{nowhere: 1}]`), 'p.yml', {})
    const said = [...loaded.errors, ...loaded.warnings].map((problem) => problem.message)
    assert.ok(
      said.some((message) => message.includes('field nowhere not found')),
      kind,
    )
  }
})

test('C31: any text is either a configuration or refused with places (seed 5)', () => {
  const word = fc.constantFrom(
    'global',
    'scrape_configs',
    'job_name',
    'a',
    'relabel_configs',
    'static_configs',
    'targets',
    '-',
    ':',
    '\n',
    '  ',
    '\n  ',
    '\n- ',
    '{',
    '}',
    '[',
    ']',
    ',',
    '&x',
    '*x',
    '<<',
    '!!binary',
    '"',
    "'",
    '5s',
    '/w==',
    '\t',
    '#',
    '|',
    '\u0000',
    '가',
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(word, fc.constantFrom('', ' '))), (words) => {
      const text = words.map(([one, blank]) => one + blank).join('')
      const { config, errors } = readConfig(text, 'p.yml', { includes: false })
      assert.equal(config === undefined, errors.length > 0)
      for (const { line, column } of errors) assert.ok(line >= 1 && column >= 1)
    }),
    { seed: 5, numRuns: 1500 },
  )
})
