/** What may be wanted of a user and a token, and that no password is told in a refusal. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTokenWish, readUserWish } from '../../../src/hub/accounts/wish.ts'

test('names may be of any script, and the same name is the same however it is typed', () => {
  const password = 'correct horse'
  for (const name of ['anne', '김철수', 'anne@example.org', '7of9', 'Zoe\u0308', 'a'.repeat(64)]) {
    const wish = { name: name.normalize('NFC'), role: 'viewer', password }
    assert.deepEqual(readUserWish(name, { role: 'viewer', password }), wish)
  }
})

test('a token lasts as long as is wanted, for good without a word about it', () => {
  assert.equal(readTokenWish('ci', { role: 'viewer' }).ageMsMax, 0)
  assert.equal(readTokenWish('ci', { role: 'viewer', expires: '' }).ageMsMax, 0)
  assert.equal(readTokenWish('ci', { role: 'viewer', expires: '30d' }).ageMsMax, 30 * 86_400_000)
})

const LONG = 'x'.repeat(300)
for (const [name, value, field] of [
  ['', { role: 'viewer' }, 'name'],
  ['a b', { role: 'viewer' }, 'name'],
  ['a:b', { role: 'viewer' }, 'name'],
  ['-a', { role: 'viewer' }, 'name'],
  ['../a', { role: 'viewer' }, 'name'],
  ['anybody', { role: 'viewer' }, 'name'],
  ['a'.repeat(65), { role: 'viewer' }, 'name'],
  ['a', { role: 'root' }, 'role'],
  ['a', {}, 'role'],
  ['a', { role: 'viewer', password: 'canary' }, 'password'],
  ['a', { role: 'viewer', password: LONG }, 'password'],
  ['a', { role: 'viewer', password: 7 }, 'password'],
  ['a', { role: 'viewer', admin: true }, 'admin'],
  ['a', [], 'wanted a JSON object'],
  ['a', null, 'wanted a JSON object'],
] as const) {
  test(`a user is refused: ${name.slice(0, 9)} ${JSON.stringify(value).slice(0, 40)}`, () => {
    assert.throws(
      () => readUserWish(name, value),
      (error: Error) => {
        assert.ok(error.message.includes(field), error.message)
        assert.doesNotMatch(error.message, /canary|xxx/)
        return true
      },
    )
  })
}

for (const [value, field] of [
  [{ role: 'viewer', expires: '1 week' }, 'expires'],
  [{ role: 'viewer', expires: 3 }, 'expires'],
  [{ role: 'viewer', password: 'p' }, 'password'],
  [{ role: 'root' }, 'role'],
] as const) {
  test(`a token is refused: ${JSON.stringify(value)}`, () => {
    assert.throws(() => readTokenWish('ci', value), {
      kind: 'bad_data',
      message: new RegExp(`cannot take account: "?${field}`),
    })
  })
}
