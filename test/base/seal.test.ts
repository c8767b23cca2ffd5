/** Sealed secrets: only the same key and purpose open them, and nothing of them can be changed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Sealer } from '../../src/base/seal.ts'
import { Secret } from '../../src/base/secret.ts'

const KEY = Buffer.alloc(32, 7)

test('what was sealed opens again, and never looks the same twice', () => {
  const sealer = new Sealer(KEY)
  for (const text of ['', 'canary', 'é\u0000'.repeat(1000)]) {
    const [one, two] = [1, 2].map(() => sealer.seal(new Secret(text), 'here'))
    assert.notEqual(one, two)
    assert.equal(new Sealer(KEY).open(one, 'here').reveal(), text)
    assert.ok(text === '' || !Buffer.from(one, 'base64url').includes(text))
  }
})

test('another purpose, another key and any other byte do not open it', () => {
  const sealer = new Sealer(KEY)
  const sealed = sealer.seal(new Secret('canary'), 'here')
  const refused = (text: string, message: RegExp, by = sealer, purpose = 'here'): void =>
    assert.throws(() => by.open(text, purpose), { kind: 'corrupt', message })
  refused(sealed, /sealed for something else/, sealer, 'there')
  refused(sealed, /another key/, new Sealer(Buffer.alloc(32, 8)))
  refused(sealed.replace('v1', 'v2'), /a newer program/)
  refused(sealed.slice(0, 30), /a part of it is missing/)
  refused('', /a newer program/)
  const start = sealed.lastIndexOf('.') + 1
  const bytes = Buffer.from(sealed.slice(start), 'base64url')
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] ^= 1
    refused(sealed.slice(0, start) + changed.toString('base64url'), /it was changed/)
  }
})
