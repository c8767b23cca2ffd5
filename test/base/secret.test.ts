import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { Secret } from '../../src/base/secret.ts'

test('a secret prints as <secret> in text, JSON, inspection and errors', () => {
  const secret = new Secret('canary')
  const texts = [
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ secret }),
    String(new Error(`${secret}`)),
  ]
  for (const text of texts) {
    assert.doesNotMatch(text, /canary/)
    assert.match(text, /<secret>/)
  }
  assert.equal(secret.reveal(), 'canary')
})
