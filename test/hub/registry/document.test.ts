/** What may be stored, and what is refused with field and reason. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  LABELS_MAX,
  PROBLEMS_MAX,
  Problems,
  readDocument,
} from '../../../src/hub/registry/document.ts'
import { entriesOfService, readService } from '../../../src/hub/registry/service.ts'
import { refuseTarget, TARGET_BYTES_MAX } from '../../../src/hub/registry/target.ts'

function read(value: unknown) {
  const problems = new Problems()
  const document = readDocument(value, problems)
  return { document, problems: problems.list }
}

for (const target of [
  'localhost:9100',
  '127.0.0.1:1',
  'db-1.example.com:65535',
  'db.example.com.:9100',
  'under_score:80',
  '[::1]:9100',
  '[fe80::1%eth0]:9100',
]) {
  test(`a target is taken: ${target}`, () => {
    assert.equal(refuseTarget(target), undefined)
  })
}

for (const [target, reason] of [
  ['', /empty/],
  ['host', /no port/],
  ['host:', /no port/],
  ['host:0', /port of 1 to 65535/],
  ['host:65536', /port of 1 to 65535/],
  ['host:9100x', /no port/],
  ['http://host:9100/metrics', /is a URL.*__scheme__/],
  ['host:9100/metrics', /has a path.*__metrics_path__/],
  [':9100', /no host/],
  ['ho st:9100', /no host/],
  ['-host:9100', /no host/],
  ['a..b:9100', /no host/],
  ['user@host:9100', /no host/],
  ['호스트:9100', /no host/],
  ['::1:9100', /IPv6 without brackets/],
  ['fe80::1', /IPv6 without brackets/],
  ['[::1]', /no port/],
  ['[nothing]:9100', /no host/],
  [`${'a'.repeat(TARGET_BYTES_MAX)}:1`, /longer than/],
  [9100, /a number is no text/],
  [null, /null is no text/],
  [['host:1'], /a list is no text/],
] as const) {
  test(`a target is refused: ${JSON.stringify(target).slice(0, 60)}`, () => {
    assert.match(refuseTarget(target) ?? 'taken', reason)
  })
}

test('a document is taken as it is, texts of any language included', () => {
  const value = [
    { targets: ['a:1', 'b:2'], labels: { service_name: 'My서비스', __scheme__: 'https' } },
    { targets: [], labels: {} },
    { targets: ['c:3'] },
  ]
  const { document, problems } = read(value)
  assert.deepEqual(problems, [])
  assert.equal(JSON.stringify(document.entries), JSON.stringify(value))
  assert.equal(document.targets, 3)
})

test('every problem is told, with index and field', () => {
  const { problems } = read([
    { targets: ['good:1', 'bad'], labels: { 'db-name': 'x', n: 1 } },
    null,
    { labels: [], extra: true },
    'host:1',
  ])
  assert.deepEqual(
    problems.map(({ index, field }) => [index, field]),
    [
      [0, 'targets[1]'],
      [0, 'labels.db-name'],
      [0, 'labels.n'],
      [1, ''],
      [2, 'extra'],
      [2, 'targets'],
      [2, 'labels'],
      [3, ''],
    ],
  )
  for (const { reason } of problems) assert.match(reason, /\S/)
})

for (const value of [null, {}, 'x', 1, true]) {
  test(`a document is refused that is no list: ${JSON.stringify(value)}`, () => {
    assert.deepEqual(
      read(value).problems.map(({ index, field }) => [index, field]),
      [[-1, '']],
    )
  })
}

for (const [name, value, reason] of [
  ['1a', 'x', /no label name/],
  ['a b', 'x', /no label name/],
  ['', 'x', /no label name/],
  ['__address__', 'a:1', /target itself/],
  ['__name__', 'up', /metric/],
  ['__scheme__', 'ftp', /http or https/],
  ['__scrape_interval__', 'soon', /duration/],
  ['__scrape_timeout__', '0s', /duration/],
  ['a', '\ud800', /Unicode/],
  ['a', 'x'.repeat(4097), /longer/],
  ['a'.repeat(257), 'x', /longer/],
  ['a', null, /null is no text/],
] as const) {
  test(`a label is refused: ${name.slice(0, 20)}=${String(value).slice(0, 10)}`, () => {
    const { problems } = read([{ targets: [], labels: { [name]: value } }])
    assert.equal(problems.length, 1)
    assert.match(problems[0].reason, reason)
  })
}

test('duplicates are kept once and reported, whatever the order of their labels', () => {
  const { document, problems } = read([
    { targets: ['a:1', 'a:1', 'b:1'], labels: { x: '1', y: '2' } },
    { targets: ['a:1', 'c:1'], labels: { y: '2', x: '1' } },
    { targets: ['a:1'], labels: { x: 'other' } },
  ])
  assert.deepEqual(problems, [])
  assert.deepEqual(
    document.entries.map(({ targets }) => targets),
    [['a:1', 'b:1'], ['c:1'], ['a:1']],
  )
  assert.deepEqual(document.repeated, ['a:1', 'a:1'])
  assert.equal(document.targets, 4)
})

test('problems and labels have bounds', () => {
  const many = Array.from({ length: PROBLEMS_MAX + 5 }, () => null)
  assert.equal(read(many).problems.length, PROBLEMS_MAX)
  const labels = Object.fromEntries(Array.from({ length: LABELS_MAX + 1 }, (_, i) => [`l${i}`, '']))
  assert.match(read([{ targets: [], labels }]).problems[0].reason, /bound is 64/)
})

test('C39: a label __proto__ is only a name, and a nesting without end only wrong', () => {
  const text = '[{"targets":["a:1"],"labels":{"__proto__":"polluted","constructor":"x"}}]'
  const { document, problems } = read(JSON.parse(text))
  assert.deepEqual(problems, [])
  assert.equal(JSON.stringify(document.entries), text)
  assert.equal(({} as { polluted?: unknown }).polluted, undefined)
  const deep = JSON.parse(`${'['.repeat(1e5)}${']'.repeat(1e5)}`)
  assert.equal(read(deep).problems.length, 1)
})

test('a service comes to one target for each exporter of each node', () => {
  const problems = new Problems()
  const value = {
    labels: { dbms: 'MySQL', db_name: '-' },
    nodes: [
      {
        host: '10.0.0.1',
        labels: { db_name: '프라이머리' },
        exporters: [
          { job: 'node', port: 9100 },
          { job: 'mysqld', port: 9104 },
        ],
      },
      { host: 'db2', exporters: [{ job: 'node', port: 9100 }] },
    ],
  }
  const service = readService(value, problems)
  assert.deepEqual(problems.list, [])
  assert.equal(
    JSON.stringify(entriesOfService(JSON.parse(JSON.stringify(service)))),
    JSON.stringify([
      { targets: ['10.0.0.1:9100'], labels: { dbms: 'MySQL', db_name: '프라이머리', job: 'node' } },
      {
        targets: ['10.0.0.1:9104'],
        labels: { dbms: 'MySQL', db_name: '프라이머리', job: 'mysqld' },
      },
      { targets: ['db2:9100'], labels: { dbms: 'MySQL', db_name: '-', job: 'node' } },
    ]),
  )
})

test('a service is refused with node, field and reason', () => {
  const problems = new Problems()
  readService(
    {
      lables: {},
      nodes: [
        { host: 'h:1', exporters: [{ job: '', port: 0 }] },
        { host: 'http://h', exporters: 'all', labels: { 'a-b': 'c' } },
        7,
      ],
    },
    problems,
  )
  assert.deepEqual(
    problems.list.map(({ index, field }) => [index, field]),
    [
      [-1, 'lables'],
      [0, 'host'],
      [0, 'exporters[0].job'],
      [0, 'exporters[0].port'],
      [1, 'host'],
      [1, 'labels.a-b'],
      [1, 'exporters'],
      [2, ''],
      [2, 'host'],
      [2, 'exporters'],
    ],
  )
})
