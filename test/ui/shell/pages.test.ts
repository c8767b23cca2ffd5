/** Which pages a role has, and what an address leads to. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { PAGES_OF_ROLE, type PageRole } from '../../../src/serve/pages.ts'
import { placeOf, readPages } from '../../../ui/shell/pages.ts'

const namesOf = (content: string): string[] => readPages(content).map(({ name }) => name)

for (const [role, names] of Object.entries(PAGES_OF_ROLE) as [PageRole, readonly string[]][]) {
  test(`every page that the server names for ${role} is known, in the same order`, () => {
    assert.deepEqual(namesOf(names.join(' ')), [...names])
  })
}

test('before a development server the pages are those of `up`', () => {
  assert.deepEqual(namesOf('narthex-pages'), [...PAGES_OF_ROLE.up])
})

test('words that name no page are left out', () => {
  assert.deepEqual(namesOf('status <script> targets'), ['targets', 'status'])
  assert.deepEqual(namesOf(''), [])
})

for (const [path, role, page, ...below] of [
  ['', 'up', 'explore'],
  ['', 'agent', 'targets'],
  ['index.html', 'gateway', 'senders'],
  ['graph', 'up', 'explore'],
  ['config', 'agent', 'status'],
  ['query', 'agent', 'missing'],
  ['service-discovery', 'server', 'missing'],
  ['nowhere', 'up', 'missing'],
  ['query/up', 'up', 'missing'],
  ['catalogue', 'hub', 'catalogue'],
  ['catalogue/node', 'hub', 'catalogue', 'node'],
  ['catalogue/', 'hub', 'missing'],
  ['catalogue/a/b', 'hub', 'missing'],
  ['catalogue/a', 'up', 'catalogue', 'a'],
  ['catalogue/a', 'server', 'missing'],
  ['catalogue/a/install', 'hub', 'catalogue', 'a', 'install'],
  ['installs/a', 'up', 'installs', 'a'],
  ['installs', 'hub', 'missing'],
  ['registry/groups/My%EC%84%9C%EB%B9%84%EC%8A%A4', 'hub', 'registry', 'groups', 'My서비스'],
  ['registry/groups/a%2Fb', 'hub', 'registry', 'groups', 'a/b'],
  ['registry/groups', 'hub', 'missing'],
  ['sources', 'hub', 'sources'],
  ['sources/team', 'hub', 'sources', 'team'],
  ['sources', 'agent', 'missing'],
  ['registry/groups/%E0%A4%A', 'hub', 'missing'],
  ['/', 'hub', 'missing'],
] as const) {
  test(`${JSON.stringify(path)} of ${role} leads to ${[page, ...below].join(' ')}`, () => {
    const pages = readPages(PAGES_OF_ROLE[role].join(' '))
    assert.deepEqual(placeOf(path, pages), { page, below })
  })
}

test('no two pages share a key or an address', () => {
  const pages = readPages(
    'explore targets senders partitions sending catalogue sources registry status',
  )
  const keys = pages.map(({ key }) => key)
  const paths = pages.flatMap((page) => page.paths)
  assert.equal(new Set(keys).size, 9)
  assert.equal(new Set(paths).size, paths.length)
})
