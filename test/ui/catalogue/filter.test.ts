/** The filter and the orders of the catalogue. */
import assert from 'node:assert/strict'
import test from 'node:test'
import type { ListedEntry } from '../../../src/model/interest.ts'
import {
  type Around,
  countCategories,
  describeShares,
  describeUse,
  type Found,
  formatState,
  parseState,
  shownEntries,
  sortBy,
  sortFirst,
  withoutFilters,
} from '../../../ui/catalogue/filter.ts'

const entry = (name: string, more: Partial<ListedEntry> = {}): ListedEntry => ({
  name,
  title: `${name} exporter`,
  category: 'Database',
  description: 'What it says of itself',
  official: false,
  port: 9100,
  upstream: 'https://example.org/',
  content: { E: true, I: false, A: true, G: true },
  verified: { rules: { ok: 0, all: 10 }, panels: { ok: 0, all: 10 }, on: '' },
  ...{ views: 0, installs: 0, popularity: 0, trend: 0, addedMs: 0, changedMs: 0, isNew: false },
  ...more,
})

const verified = (ok: number): ListedEntry['verified'] => ({
  rules: { ok, all: 10 },
  panels: { ok: 10, all: 10 },
  on: '1.0',
})

const ENTRIES = [
  entry('redis', { port: 9121, verified: verified(9), popularity: 5, changedMs: 2 }),
  entry('mysqld', { port: 9104, official: true, verified: verified(10), popularity: 7 }),
  entry('node', { category: 'Hardware', official: true, verified: verified(1) }),
  entry('kafka', { category: 'Messaging', port: 9308, trend: 1.5, isNew: true, changedMs: 3 }),
]

const AROUND: Around = {
  found: undefined,
  favourites: new Set(['redis', 'node', 'gone']),
  here: new Set(['node', 'mysqld']),
  isHereSure: true,
}

const namesOf = (search: string, found?: Found): string[] =>
  shownEntries(ENTRIES, parseState(search), { ...AROUND, found }).map(({ name }) => name)

for (const [search, names] of [
  ['', ['kafka', 'mysqld', 'node', 'redis']],
  ['?sort=name&order=desc', ['redis', 'node', 'mysqld', 'kafka']],
  ['?sort=verified', ['mysqld', 'redis', 'node', 'kafka']],
  ['?sort=verified&order=asc', ['kafka', 'node', 'redis', 'mysqld']],
  ['?sort=category', ['mysqld', 'redis', 'node', 'kafka']],
  ['?sort=port', ['node', 'mysqld', 'redis', 'kafka']],
  ['?sort=popular', ['mysqld', 'redis', 'kafka', 'node']],
  ['?sort=trending', ['kafka', 'mysqld', 'node', 'redis']],
  ['?sort=recent', ['kafka', 'redis', 'mysqld', 'node']],
  ['?only=favourite', ['node', 'redis']],
  ['?only=here', ['mysqld', 'node']],
  ['?only=new', ['kafka']],
  ['?only=here,favourite', ['node']],
  ['?only=here,new', []],
  ['?only=constructor', ['kafka', 'mysqld', 'node', 'redis']],
  ['?sort=constructor', ['kafka', 'mysqld', 'node', 'redis']],
  ['?category=Database', ['mysqld', 'redis']],
  ['?official=yes', ['mysqld', 'node']],
  ['?official=no', ['kafka', 'redis']],
  ['?official=maybe', ['kafka', 'mysqld', 'node', 'redis']],
  ['?search=HARDWARE', ['node']],
  ['?search=exporter+kafka', ['kafka']],
  ['?search=nowhere', []],
] as const) {
  test(`shown for ${JSON.stringify(search)}`, () => assert.deepEqual(namesOf(search), names))
}

test('what the server has found comes in its order, what it found for another text does not', () => {
  const matches = [{ kind: 'metric', text: 'mysql_up' }] as const
  const entries = [{ name: 'redis' }, { name: 'mysqld', matches }, { name: 'gone' }]
  const found = { text: 'mysql_up', entries }
  assert.deepEqual(namesOf('?search=mysql_up', found), ['redis', 'mysqld'])
  assert.deepEqual(namesOf('?search=mysql_up&sort=name', found), ['mysqld', 'redis'])
  assert.deepEqual(namesOf('?search=mysql_up&category=Hardware', found), [])
  assert.deepEqual(namesOf('?search=kaf', found), ['kafka'])
  assert.equal(namesOf('', found).length, 4)
  const shown = shownEntries(ENTRIES, parseState('?search=mysql_up'), { ...AROUND, found })
  assert.deepEqual(
    shown.map((each) => each.matches),
    [[], matches],
  )
})

for (const search of [
  'search=a+b&category=HTTP&official=no&sort=verified&order=asc',
  'sort=name&order=desc',
  'only=favourite%2Cnew&sort=trending',
  'sort=popular&order=asc',
  'sort=port',
  '',
]) {
  test(`a state survives its link: ${search}`, () => {
    assert.equal(formatState(parseState(search)), search)
  })
}

test('a second click on a head turns the order round', () => {
  const first = sortBy(parseState(''), 'verified')
  assert.equal(formatState(first), 'sort=verified')
  assert.equal(formatState(sortBy(first, 'verified')), 'sort=verified&order=asc')
  assert.equal(formatState(sortBy(parseState(''), 'name')), 'sort=name&order=desc')
})

test('an order that is chosen by its name begins as its head would', () => {
  const state = parseState('?search=x&sort=port&order=desc')
  assert.equal(formatState(sortFirst(state, 'verified')), 'search=x&sort=verified')
  assert.equal(formatState(sortFirst(state, '')), 'search=x')
})

test('clearing the filters leaves the order', () => {
  const state = parseState('?search=x&category=HTTP&official=no&only=new&sort=recent')
  assert.equal(formatState(withoutFilters(state)), 'sort=recent')
})

test('categories are counted by name', () => {
  assert.deepEqual(countCategories(ENTRIES), [
    ['Database', 2],
    ['Hardware', 1],
    ['Messaging', 1],
  ])
})

test('shares are told in words', () => {
  assert.equal(describeShares(verified(9)), '9 of 10 rules, 10 of 10 panels')
  const none = { rules: { ok: 0, all: 0 }, panels: { ok: 0, all: 0 }, on: '' }
  assert.equal(describeShares(none), '')
})

test('use is told in words', () => {
  assert.equal(describeUse({ views: 1, installs: 2 }), '1 look, 2 installations')
  assert.equal(describeUse({ views: 12, installs: 1 }), '12 looks, 1 installation')
  assert.equal(describeUse({ views: 0, installs: 0 }), '')
})
