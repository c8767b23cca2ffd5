/** Where problems of a document stand in its text. */
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { placeProblems, syntaxProblem } from '../../../ui/registry/place.ts'

const GROUP = `[
  {"targets": ["a:1", "b"], "labels": {"db-name": "x", "a.b": 1}},
  {"target": ["c:1"]},
  7
]`
const SERVICE = `{"labels": {"x": 1}, "nodes": [{"host": "h", "exporters": [{"job": "", "port": 70000}]}]}`

for (const [name, text, kind, index, field, marked] of [
  ['a target', GROUP, 'group', 0, 'targets[1]', '"b"'],
  ['a label name', GROUP, 'group', 0, 'labels.db-name', '"db-name": "x"'],
  ['a label name with a dot', GROUP, 'group', 0, 'labels.a.b', '"a.b": 1'],
  ['the labels', GROUP, 'group', 0, 'labels', '"labels": {'],
  ['an unknown name', GROUP, 'group', 1, 'target', '"target": ['],
  ['what is not there', GROUP, 'group', 1, 'targets', '{'],
  ['an entry', GROUP, 'group', 2, '', '7'],
  ['an entry that is not there', GROUP, 'group', 9, 'targets', '['],
  ['the document', GROUP, 'group', -1, '', '['],
  ['a label of a service', SERVICE, 'service', -1, 'labels.x', '"x": 1'],
  ['the port of an exporter', SERVICE, 'service', 0, 'exporters[0].port', '"port": 70000'],
  ['the job of an exporter', SERVICE, 'service', 0, 'exporters[0].job', '"job": ""'],
  ['the host of a node', SERVICE, 'service', 0, 'host', '"host": "h"'],
  ['the nodes', SERVICE, 'service', -1, 'nodes', '"nodes": ['],
] as const) {
  test(`marked is ${name}`, () => {
    const [{ from, to }] = placeProblems(text, kind, [{ index, field, reason: 'r' }])
    assert.equal(text.slice(from, to), marked)
  })
}

test('a name that the server has cut is found', () => {
  const key = 'x'.repeat(300)
  const text = `[{"labels": {"${key}": "1"}}]`
  const field = `labels.${key.slice(0, 80)}`
  const [{ from }] = placeProblems(text, 'group', [{ index: 0, field, reason: 'long' }])
  assert.equal(from, 13)
})

test('the path of a problem is written as one would ask for it', () => {
  const paths = placeProblems(GROUP, 'group', [
    { index: 0, field: 'targets[1]', reason: '' },
    { index: 2, field: '', reason: '' },
    { index: -1, field: '', reason: '' },
  ]).map(({ place }) => place)
  assert.deepEqual(paths, ['[0].targets[1]', '[2]', ''])
})

for (const [text, at, reason] of [
  ['', 0, /wanted a value/],
  ['[1,]', 3, /wanted a value/],
  ['[1 2]', 3, /comma or ]/],
  ['{"a" 1}', 5, /colon/],
  ["{'a': 1}", 1, /quotes/],
  ['[1] x', 4, /nothing more/],
  ['["a]', 1, /no end/],
  ['["\n"]', 1, /no end/],
  ['[', 0, /wanted a value/],
  ['['.repeat(100), 65, /deeper than 64/],
] as const) {
  test(`no JSON: ${JSON.stringify(text.slice(0, 20))}`, () => {
    const problem = syntaxProblem(text)
    assert.equal(problem?.from, at)
    assert.match(problem?.reason ?? '', reason)
    assert.throws(() => JSON.parse(text))
  })
}

for (const text of [
  '[]',
  ' {"a": [1, -2.5e3, true, null, "\\u00e9\\n"]} ',
  '"한국어"',
  GROUP,
  SERVICE,
]) {
  test(`JSON: ${JSON.stringify(text.slice(0, 20))}`, () => {
    assert.equal(syntaxProblem(text), undefined)
    JSON.parse(text)
  })
}

test('what is JSON is what the browser takes', () => {
  const unit = fc.constantFrom(
    '[',
    ']',
    '{',
    '}',
    ',',
    ':',
    '"a"',
    '1',
    '-',
    '.5',
    ' ',
    'null',
    '"',
  )
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit, maxLength: 12 }), fc.json()), (text) => {
      let isJson = true
      try {
        JSON.parse(text)
      } catch {
        isJson = false
      }
      assert.equal(syntaxProblem(text) === undefined, isJson)
    }),
    { seed: 41, numRuns: 1000 },
  )
})
