/** What is wrong with a text before it becomes a file of an entry. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkEntryFile, PROBLEMS_MAX } from '../../../src/hub/catalogue/check.ts'
import { ENTRY_FILE_BYTES_MAX, type EntryFileName } from '../../../src/hub/catalogue/folder.ts'

const RULE = '- alert: A\n  expr: up == 0\n'
const DASHBOARD = JSON.stringify(
  { title: 't', panels: [{ id: 1, title: 'p', targets: [{ expr: 'up +' }] }] },
  undefined,
  2,
)

const REFUSED: readonly (readonly [EntryFileName, string, string])[] = [
  ['entry.yaml', 'name: other\n', '1:1 '],
  ['entry.yaml', 'name: own\nports: 1\n', '2:1 field ports not found'],
  ['README.md', ' \n', '1:1 cannot take README.md: nothing is in it'],
  ['README.md', 'a\nb\0', '2:2 '],
  ['helm.yaml', 'a: 1\n---\nb: [\n', '4:1 '],
  ['alerts.yaml', 'groups: [\n', '2:1 '],
  ['alerts.yaml', '- alert: A\n  expr: sum(up\n', '2:13 parse error: '],
  ['alerts.yaml', 'a: &a [b]\nb: *c\n', '2:4 '],
  ['alerts_test.yaml', 'tests: {\n', '2:1 '],
  ['dashboard.json', '{"title": "t", "panels": [}', '1:27 cannot read JSON: '],
  ['dashboard.json', '[]', '1:1 cannot read dashboard: no panels'],
  ['dashboard.json', DASHBOARD, '9:19 cannot read query of p: 1:5: parse error'],
  ['sample.prom', 'a 1\nb b\n', '2:1 '],
]

for (const [file, text, fault] of REFUSED) {
  test(`${file} is refused at its place: ${JSON.stringify(text.slice(0, 40))}`, () => {
    const found = checkEntryFile('own', file, text).filter(({ isFault }) => isFault)
    const told = found.map(({ line, column, message }) => `${line}:${column} ${message}`)
    assert.ok(
      told.some((each) => each.startsWith(fault)),
      told.join('\n'),
    )
  })
}

test('what can be used has no faults, and hints keep nobody from saving', () => {
  const hints = checkEntryFile('own', 'alerts.yaml', RULE)
  assert.ok(hints.length > 0)
  assert.ok(hints.every(({ isFault }) => !isFault))
  assert.match(hints.map(({ message }) => message).join('\n'), /no severity/)
  const strict = RULE.replace(
    '== 0',
    '== 0\n  labels: {severity: s}\n  annotations: {summary: s, description: d}',
  )
  assert.deepEqual(checkEntryFile('own', 'alerts.yaml', strict), [])
})

test('HTML in a hands-on text is told where it stands, but not in code', () => {
  const text = '# A\n```\n<b>\n```\nsee `<i>` and <script>x</script>, [a](javascript:x), 1 < 2\n'
  assert.deepEqual(
    checkEntryFile('own', 'README.md', text).map(({ line, column, isFault }) => [
      line,
      column,
      isFault,
    ]),
    [
      [5, 15, false],
      [5, 24, false],
      [5, 39, false],
    ],
  )
})

test('a text over its bound is refused, and of many problems some are told', () => {
  const long = 'a'.repeat(ENTRY_FILE_BYTES_MAX['README.md'] + 1)
  assert.match(checkEntryFile('own', 'README.md', long)[0].message, /at most 262144 are taken/)
  assert.equal(checkEntryFile('own', 'README.md', '<b>\n'.repeat(1000)).length, PROBLEMS_MAX)
})
