import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { unescapeName } from '../../../src/serve/api/labels.ts'

for (const [name, plain] of [
  ['job', 'job'],
  ['U_job', 'U_job'],
  ['U__job', 'job'],
  ['U__http_2e_status', 'http.status'],
  ['U__a__b', 'a_b'],
  ['U___1f525_', '\u{1f525}'],
  ['U___10ffff_', '\u{10ffff}'],
  ['U__', ''],
] as const) {
  test(`an escaped name is read: ${name}`, () => assert.equal(unescapeName(name), plain))
}

for (const name of ['U__a_', 'U__a_2e', 'U__a_xyz_', 'U___d800_', 'U___110000_', 'U___1234567_']) {
  test(`a name that is escaped badly stands for itself: ${name}`, () => {
    assert.equal(unescapeName(name), name)
  })
}

test('every name is read back from its escaped form', () => {
  const escapeName = (name: string): string =>
    `U__${[...name]
      .map((char) =>
        char === '_'
          ? '__'
          : /[a-zA-Z0-9:]/.test(char)
            ? char
            : `_${(char.codePointAt(0) ?? 0).toString(16)}_`,
      )
      .join('')}`
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      assert.equal(unescapeName(escapeName(name)), name)
    }),
    { seed: 11, numRuns: 500 },
  )
})
