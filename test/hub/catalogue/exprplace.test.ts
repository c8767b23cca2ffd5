/** A fault of an expression is told where it stands in the file, however the file is written. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Report } from '../../../src/config/report.ts'
import { readRules } from '../../../src/hub/catalogue/rules.ts'

const HEAD = 'groups:\n  - name: g\n    rules:\n      - record: r\n'

/** `§` stands before the place of the fault. */
const CASES: readonly (readonly [string, string])[] = [
  ['plain', '        expr: up + §)\n'],
  ['plain over lines', '        expr: up +\n          foo +\n            §)\n'],
  ['literal', '        expr: |\n          up +\n            foo\n            + §)\n'],
  ['literal with indentation and chomping', '        expr: |2-\n            up + §)\n'],
  ['folded', '        expr: >-\n          up\n          + §)\n'],
  ['double quotes', '        expr: "up{a=\\"x\\"} + §)"\n'],
  ['escapes', '        expr: "up{a=\\"\\u00e9\\x41\\"}\\n + §)"\n'],
  ['single quotes', "        expr: 'up{a=''x''} + §)'\n"],
  ['beyond ASCII', '        expr: up{a="한글😀"} + §)\n'],
]

for (const [name, written] of CASES) {
  test(`the place of a fault in an expression: ${name}`, () => {
    const before = (HEAD + written).split('§')[0]
    const line = before.split('\n').length
    const column = before.length - before.lastIndexOf('\n')
    const report = new Report('f')
    readRules((HEAD + written).replace('§', ''), 'e', report)
    const [{ message, ...place }] = report.errors
    assert.match(message, /^parse error: /)
    assert.deepEqual(place, { file: 'f', line, column })
  })
}

test('the place is that of the file as it was written, also where it is a bare list', () => {
  const report = new Report('f')
  readRules('- record: r\n  expr: up + )\n', 'e', report)
  assert.deepEqual(
    report.errors.map(({ line, column }) => [line, column]),
    [[2, 14]],
  )
})
