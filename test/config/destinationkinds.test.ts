/** Kinds of destinations: their defaults, what they refuse, and that secrets stay secret. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { readConfig } from '../../src/config/config.ts'

const CANARY = 'canary-of-a-secret'

function read(entry: string): ReturnType<typeof readConfig> {
  return readConfig(`narthex: {destinations: [{name: far, ${entry}}]}`, '/etc/n/narthex.yml', {})
}

const URL = 'url: "http://far:1/base"'

for (const [entry, wanted] of [
  [
    `type: victoriametrics, ${URL}`,
    { isCompressed: true, bodyBytesMax: 4194304, timeoutMs: 30000 },
  ],
  [
    `type: otlp, ${URL}, compression: none, max_request_size: 1KB`,
    { isCompressed: false, bodyBytesMax: 1024 },
  ],
  [`type: opentsdb, ${URL}`, { tagsMax: 8 }],
  [`type: elasticsearch, ${URL}`, { index: 'narthex-%Y.%m.%d' }],
  [`type: influxdb, ${URL}, database: d`, { database: 'd', bucket: '', retentionPolicy: '' }],
  [`type: narthex, url: "http://far:1/base//"`, { url: 'http://far:1/base/api/v1/write' }],
  [
    'type: postgresql, host: far, database: d, user: u, password_file: p',
    {
      port: 5432,
      schema: 'public',
      passwordFile: '/etc/n/p',
      isDeduplicated: true,
      createsSchema: true,
    },
  ],
] as const) {
  test(`reads ${entry}`, () => {
    const { config, errors } = read(entry)
    assert.deepEqual(errors, [])
    const [first] = config?.narthex.destinations ?? []
    assert.partialDeepStrictEqual(first, wanted)
  })
}

for (const [entry, message] of [
  ['type: victoriametrics', /url of a destination is empty/],
  ['type: victoriametrics, url: "ftp://far"', /no http:\/\/ or https:\/\//],
  ['type: victoriametrics, url: "/path"', /no http:\/\/ or https:\/\//],
  [`type: otlp, ${URL}, compression: zstd`, /unknown compression "zstd"/],
  [`type: otlp, ${URL}, max_request_size: 0`, /max_request_size must be positive/],
  [`type: otlp, ${URL}, remote_timeout: 0s`, /remote_timeout must be positive/],
  [`type: otlp, ${URL}, headers: {Authorization: x}`, /authorization header must be changed/],
  [`type: otlp, ${URL}, headers: {Host: x}`, /reserved header/],
  [`type: otlp, ${URL}, basic_auth: {username: u}, bearer_token: t`, /at most one of/],
  [`type: influxdb, ${URL}`, /exactly one of database and bucket/],
  [`type: influxdb, ${URL}, database: d, org: o, bucket: b`, /exactly one of database and bucket/],
  [`type: influxdb, ${URL}, bucket: b`, /org of influxdb is empty/],
  [
    `type: influxdb, ${URL}, database: d, token: t, basic_auth: {username: u}`,
    /at most one of token/,
  ],
  [`type: opentsdb, ${URL}, max_tags: 0`, /max_tags must be positive/],
  [`type: elasticsearch, ${URL}, index: "a%X"`, /unknown %/],
  [`type: elasticsearch, ${URL}, index: "A"`, /no name of an index/],
  [`type: elasticsearch, ${URL}, index: "../x"`, /no name of an index/],
  ['type: narthex', /url of a narthex destination is empty/],
  ['type: narthex, url: "http://far?x=1"', /has a query/],
  ['type: postgresql, host: far, user: u', /database of postgresql is empty/],
  ['type: postgresql, connection_string: "mysql://x"', /no postgresql:/],
  ['type: postgresql, connection_string: "postgresql://x", host: y', /not compatible/],
  [
    'type: postgresql, host: h, database: d, user: u, password: x, password_file: y',
    /at most one of/,
  ],
  ['type: postgresql, host: h, database: d, user: u, max_connections: 0', /must be positive/],
  ['type: postgresql, host: h, database: d, user: u, port: 70000', /port of postgresql/],
  [`type: opentsdb, ${URL}, max_tag: 3`, /did you mean max_tags/],
] as const) {
  test(`refuses ${entry}`, () => {
    const { errors } = read(entry)
    assert.equal(errors.length, 1, JSON.stringify(errors))
    assert.match(errors[0].message, message)
  })
}

for (const entry of [
  `type: influxdb, ${URL}, org: o, bucket: b, token: ${CANARY}`,
  `type: elasticsearch, ${URL}, authorization: {type: ApiKey, credentials: ${CANARY}}`,
  `type: narthex, ${URL}, basic_auth: {username: u, password: ${CANARY}}`,
  `type: postgresql, host: h, database: d, user: u, password: ${CANARY}`,
  `type: postgresql, connection_string: "postgresql://u:${CANARY}@h/d"`,
]) {
  test(`shows no secret of ${entry.replace(CANARY, '…')}`, () => {
    const { config, errors } = read(entry)
    assert.deepEqual(errors, [])
    const [first] = config?.narthex.destinations ?? []
    assert.doesNotMatch(JSON.stringify(first) + inspect(first, { depth: 9 }), new RegExp(CANARY))
  })
}
