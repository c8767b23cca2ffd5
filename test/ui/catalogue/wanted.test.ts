/** What is to be installed, kept in the address of its page. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InstallCandidate } from '../../../src/model/install.ts'
import { commandOf, formatWanted, parseWanted, requestOf } from '../../../ui/catalogue/wanted.ts'

const CANDIDATES: readonly InstallCandidate[] = [
  { address: 'a:1', by: 'metrics', jobs: [] },
  { address: 'b:1', by: 'metrics', jobs: ['mine'] },
  { address: 'c:1', by: 'registry', jobs: [] },
]

const targetsOf = (search: string): readonly string[] =>
  requestOf('node', parseWanted(search), CANDIDATES).targets

test('before a person has chosen, what was proved and is nobody’s is chosen', () => {
  assert.deepEqual(targetsOf(''), ['a:1'])
  assert.deepEqual(targetsOf('?targets='), [])
})

test('what the address names is chosen, also what nobody knows any more, each once', () => {
  assert.deepEqual(targetsOf('?targets=c:1,gone:1,b:1&more=b:1,%20x'), [
    ...['b:1', 'c:1', 'gone:1', 'x'],
  ])
})

test('an address gives back what was chosen and typed', () => {
  const wanted = {
    ticked: new Set(['a:1', '[::1]:9100']),
    typed: 'db1\ndb2:9100',
    job: 'west',
    interval: '30s',
  }
  assert.deepEqual(parseWanted(`?${formatWanted(wanted)}`), wanted)
  const none = { ticked: undefined, typed: '', job: '', interval: '' }
  assert.equal(formatWanted(none), '')
  assert.deepEqual(parseWanted(''), none)
})

test('the command says the same, and nothing in it means anything to a shell', () => {
  const request = { entry: 'node', targets: ['a:1', '[::1]:9100'], job: 'west', interval: '30s' }
  assert.equal(
    commandOf(request, 'http://h:9390'),
    [
      'narthex hub install node',
      "'--targets=a:1,[::1]:9100'",
      ...['--job=west', '--interval=30s', '--url=http://h:9390'],
    ].join(' \\\n  '),
  )
  const odd = commandOf({ ...request, targets: ["a';x:1"], job: '', interval: '' }, 'http://h')
  assert.ok(odd.includes("'--targets=a'\\'';x:1'"))
})
