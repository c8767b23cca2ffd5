/** Entries are found by what people remember of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ALL_ENTRIES } from '../../../src/model/catalogue.ts'
import { alertsYaml, catalogueOf, entryYaml, VERIFIED } from './support.ts'

const { catalogue } = await catalogueOf({
  mysqld: {
    'entry.yaml': entryYaml('mysqld', VERIFIED),
    'sample.prom': 'mysqld_up 1\ninnodb_pages 1\n',
    'alerts.yaml': alertsYaml('mysqld_up == 0').replace('Something', 'ReplicaBehind'),
  },
  proxysql: {
    'entry.yaml': entryYaml('proxysql')
      .replace('What proxysql does.', 'What stands before mysqld.')
      .replace('official: true', 'official: false')
      .replace('Database', 'HTTP'),
  },
  up: { 'entry.yaml': entryYaml('up') },
})

const found = (query: Partial<typeof ALL_ENTRIES>): readonly string[] =>
  catalogue.entries({ ...ALL_ENTRIES, ...query }).map(({ name }) => name)

for (const [search, names] of [
  ['', ['mysqld', 'proxysql', 'up']],
  ['MySQLd', ['mysqld', 'proxysql']],
  ['up', ['up', 'mysqld', 'proxysql']],
  ['replicabehind', ['mysqld']],
  ['innodb_pages', ['mysqld']],
  ['proxysql_up', ['proxysql']],
  ['stands before', ['proxysql']],
  ['the exporter proxysql', ['proxysql']],
  ['mysqld nothing', []],
  ['.*', []],
  ['(', []],
] as const) {
  test(`a search finds: ${search || 'everything'}`, () => {
    assert.deepEqual(found({ search }), names)
  })
}

test('a list is narrowed by category and by who keeps the exporter', () => {
  assert.deepEqual(found({ category: 'HTTP' }), ['proxysql'])
  assert.deepEqual(found({ category: 'Storage' }), [])
  assert.deepEqual(found({ official: true }), ['mysqld', 'up'])
  assert.deepEqual(found({ official: false, search: 'mysqld' }), ['proxysql'])
})

test('a list is in the order that was asked for', () => {
  assert.deepEqual(found({ order: 'name', search: 'up' }), ['mysqld', 'proxysql', 'up'])
  assert.deepEqual(found({ order: 'category' }), ['mysqld', 'up', 'proxysql'])
  assert.deepEqual(found({ order: 'verified' }), ['mysqld', 'proxysql', 'up'])
})

test('a search of any length is answered', () => {
  assert.deepEqual(found({ search: 'mysqld '.repeat(100_000) }), ['mysqld', 'proxysql'])
})
