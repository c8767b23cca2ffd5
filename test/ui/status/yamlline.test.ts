/** Lines of the configuration: coloured, never changed. */
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { yamlLine } from '../../../ui/status/yamlline.ts'

for (const [line, kinds] of [
  ['global:', 'key mark'],
  ['  - job_name: "a:b"', 'space mark key mark text'],
  ['- 127.0.0.1:9090', 'mark text'],
  ['  # note: this', 'space comment'],
  ['  url: http://x:1/y', 'space key mark text'],
  ['"quoted key": 1', 'key mark text'],
  ['', ''],
] as const) {
  test(`a line falls into ${kinds || 'nothing'}: ${line}`, () => {
    assert.equal(
      yamlLine(line)
        .map(([kind]) => kind)
        .join(' '),
      kinds,
    )
  })
}

test('the parts of any line make the line', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...' -:#"\'abc<>\\') }), (line) => {
      assert.equal(
        yamlLine(line)
          .map(([, text]) => text)
          .join(''),
        line,
      )
    }),
    { seed: 15 },
  )
})
