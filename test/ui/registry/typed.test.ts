/** What a chosen file is, and what typed labels are. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countActions, parseLabels, typeOfName, typeOfText } from '../../../ui/registry/typed.ts'

test('a file is what its name says', () => {
  for (const [name, type] of [
    ['targets.csv', 'text/csv'],
    ['TARGETS.CSV', 'text/csv'],
    ['a.b.yml', 'application/yaml'],
    ['a.yaml', 'application/yaml'],
    ['a.json', 'application/json'],
    ['a.txt', undefined],
    ['csv', 'text/csv'],
  ] as const) {
    assert.equal(typeOfName(name), type, name)
  }
})

test('a text is what it looks like', () => {
  for (const [text, type] of [
    [' {"web": []}', 'application/json'],
    ['group,target\nweb,h:1', 'text/csv'],
    ['\uFEFF"target", "env" ,"group"\r\n', 'text/csv'],
    ['web:\n- targets: [h:1]', 'application/yaml'],
    ['# group\nweb: []', 'application/yaml'],
    ['', 'application/yaml'],
  ] as const) {
    assert.equal(typeOfText(text), type, text)
  }
})

test('labels are lines of name=value', () => {
  assert.deepEqual(parseLabels('env=prod\n\n team = a=b \nnone='), {
    ...{ env: 'prod', team: 'a=b', none: '' },
  })
  assert.throws(() => parseLabels('env=prod\nteam'), /team: wanted name=value/)
  assert.throws(() => parseLabels('=x'), /wanted name=value/)
})

test('documents of a plan are counted by what becomes of them', () => {
  const planned = (action: 'add' | 'keep') => ({
    ...{ kind: 'group' as const, name: '', version: 0, targets: 0, repeated: [], action },
    ...{ added: [], removed: [], addedCount: 0, removedCount: 0 },
  })
  assert.deepEqual(
    [...countActions([planned('add'), planned('keep'), planned('add')])],
    [
      ['add', 2],
      ['keep', 1],
    ],
  )
})
