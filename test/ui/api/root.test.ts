/** Where the program begins, whatever stands before it in an address. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { pathBelow, urlOf } from '../../../ui/api/root.ts'

for (const [pathname, start, below] of [
  ['/', '/', ''],
  ['/catalogue/node', '/', 'catalogue/node'],
  ['/behind/a/proxy/graph', '/behind/a/proxy/', 'graph'],
  ['/behind/a/proxy/', '/behind/a/proxy/', ''],
  ['/elsewhere', '/behind/a/proxy/', undefined],
] as const) {
  test(`below ${start}, ${pathname} is ${JSON.stringify(below)}`, () => {
    assert.equal(pathBelow(pathname, start), below)
  })
}

test('addresses do not depend on which page is shown', () => {
  const root = new URL('../../../ui/', import.meta.url)
  assert.equal(urlOf('').href, root.href)
  assert.equal(urlOf('api/v1/targets').href, `${root.href}api/v1/targets`)
})
