/** entry.yaml: what it says, and every way in which it can be wrong. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatProblem, Report } from '../../../src/config/report.ts'
import { isEntryName, readEntryFacts } from '../../../src/hub/catalogue/entryshape.ts'
import { entryYaml, VERIFIED } from './support.ts'

function read(source: string): { facts: ReturnType<typeof readEntryFacts>; faults: string[] } {
  const report = new Report('mysqld/entry.yaml')
  const facts = readEntryFacts(source, 'mysqld', report)
  return { facts, faults: report.errors.map(formatProblem) }
}

test('an entry says what it is called, where it listens and how it is recognised', () => {
  const { facts, faults } = read(
    entryYaml(
      'mysqld',
      `${VERIFIED}\npath: /probe?module=x\nmisses: {mysql_slave: needs a replica}`,
    ),
  )
  assert.deepEqual(faults, [])
  assert.deepEqual(facts, {
    name: 'mysqld',
    title: 'The mysqld exporter',
    category: 'Database',
    description: 'What mysqld does.',
    upstream: 'https://example.org/mysqld',
    official: true,
    port: 9104,
    path: '/probe?module=x',
    recognise: ['mysqld_up'],
    recorded: { version: '1.5.0', with: 'a server' },
    isVerified: true,
    misses: new Map([['mysql_slave', 'needs a replica']]),
  })
})

const WHOLE = entryYaml('mysqld')

for (const [what, source, fault] of [
  ['an empty file', '', /:1:1: cannot read entry: no name/],
  ['no YAML', 'a: [', /mysqld\/entry\.yaml:1:\d+: /],
  ['a list', '- a', /:1:1: cannot read entry: a list, wanted a map/],
  [
    'a key that there is not',
    `${WHOLE}prot: 1`,
    /:10:1: field prot not found in type entry, did you mean port\?/,
  ],
  ['a key twice', `${WHOLE}port: 1`, /:10:1: field port already set/],
  [
    'the name of another folder',
    entryYaml('mysql'),
    /:1:1: cannot read name: "mysql", wanted "mysqld"/,
  ],
  [
    'a category of its own',
    WHOLE.replace('Database', 'Databases'),
    /:3:11: cannot read category: "Databases", wanted one of Database, Hardware/,
  ],
  ['a port beyond all', WHOLE.replace('9104', '65536'), /:7:7: cannot read port: "65536"/],
  ['a port that is none', WHOLE.replace('9104', 'x'), /:7:7: cannot read port: "x"/],
  ['no port', WHOLE.replace('port: 9104', ''), /:1:1: cannot read entry: no port/],
  [
    'nothing to recognise it by',
    WHOLE.replace('[mysqld_up]', '[]'),
    /:8:12: .*no metric in recognise/,
  ],
  [
    'a name that no metric has',
    WHOLE.replace('mysqld_up', 'a-b'),
    /:8:13: cannot read recognise: "a-b"/,
  ],
  [
    'a script for a link',
    WHOLE.replace('https://example.org/mysqld', 'javascript:alert(1)'),
    /:5:11: cannot read upstream/,
  ],
  ['a path elsewhere', `${WHOLE}path: http://h/`, /:10:7: cannot read path/],
  [
    'a title of two lines',
    WHOLE.replace('The mysqld exporter', '"a\\nb"'),
    /:2:8: cannot read title: several lines/,
  ],
  [
    'a sentence without end',
    WHOLE.replace('What mysqld does.', 'x'.repeat(401)),
    /:4:14: cannot read description: 401 characters/,
  ],
  [
    'a miss without a reason',
    `${WHOLE}misses: {a: }`,
    /:10:\d+: cannot read misses: no reason for a/,
  ],
  [
    'recorded without a version',
    `${WHOLE}recorded: {with: x}`,
    /:10:\d+: cannot read recorded: no version/,
  ],
] as const) {
  test(`entry.yaml is refused: ${what}`, () => {
    const { facts, faults } = read(source)
    assert.equal(facts, undefined)
    assert.ok(
      faults.some((each) => fault.test(each)),
      faults.join('\n'),
    )
  })
}

test('the name of an entry is one that a folder and an address can have', () => {
  for (const name of ['mysqld', 'kube-state-metrics', 'k8s']) assert.ok(isEntryName(name), name)
  for (const name of ['', '.', '..', 'a/b', 'A', 'a b', '-a', 'a-', 'a--b', 'x'.repeat(65)]) {
    assert.ok(!isEntryName(name), name)
  }
})
