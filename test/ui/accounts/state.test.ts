import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatState, parseState } from '../../../ui/accounts/state.ts'

for (const search of [
  '',
  'section=tokens',
  'section=audit',
  'section=audit&search=a+b&outcome=failed&before=17',
]) {
  test(`what is shown is an address: ${search}`, () => {
    assert.equal(formatState(parseState(`?${search}`)), search)
  })
}

for (const [search, same] of [
  ['section=none', ''],
  ['section=users&search=x&before=3', ''],
  ['section=audit&before=-1', 'section=audit'],
  ['section=audit&before=x&outcome=y', 'section=audit'],
] as const) {
  test(`an address that says more than there is: ${search}`, () => {
    assert.equal(formatState(parseState(`?${search}`)), same)
  })
}
