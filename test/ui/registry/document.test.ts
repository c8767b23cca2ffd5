/** Documents laid out for editing, and the state of the registry's lists. */
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { layOut, NEW_DOCUMENT, refuseName } from '../../../ui/registry/document.ts'
import { formatState, kindOf, parseState } from '../../../ui/registry/state.ts'

test('short lists and objects stay on one line, long ones do not', () => {
  const targets = Array.from({ length: 12 }, (_, i) => `host-${i}:9100`)
  const text = layOut(
    JSON.stringify([{ targets: ['a:1', 'b:2'], labels: { k: 'v' } }, { targets }]),
  )
  assert.equal(
    text,
    `[
  {"targets": ["a:1", "b:2"], "labels": {"k": "v"}},
  {
    "targets": [
${targets.map((target) => `      "${target}"`).join(',\n')}
    ]
  }
]
`,
  )
})

test('a document laid out is the same document', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      assert.deepEqual(JSON.parse(layOut(text)), JSON.parse(text))
    }),
    { seed: 8 },
  )
})

test('what an editor begins with is JSON', () => {
  for (const text of Object.values(NEW_DOCUMENT)) JSON.parse(text)
})

for (const [name, reason] of [
  ['web', ''],
  ['My서비스', ''],
  ['', /needs a name/],
  ['  ', /needs a name/],
  ['..', /folders/],
  ['a/b', /slash/],
  ['a\\b', /slash/],
] as const) {
  test(`the name ${JSON.stringify(name)}`, () => {
    if (reason === '') assert.equal(refuseName(name), '')
    else assert.match(refuseName(name), reason)
  })
}

for (const search of ['', 'section=services&search=a+b&page=3', 'section=consumers', 'search=x']) {
  test(`a state survives its link: ${search}`, () => {
    assert.equal(formatState(parseState(search)), search)
  })
}

for (const search of ['page=0', 'page=-1', 'page=1.5', 'page=x', 'section=others']) {
  test(`${search} is the beginning of the groups`, () => {
    assert.deepEqual(parseState(search), { section: 'groups', text: '', from: 0 })
  })
}

test('words of an address stand for kinds', () => {
  assert.equal(kindOf('groups'), 'group')
  assert.equal(kindOf('services'), 'service')
  assert.equal(kindOf('constructor'), undefined)
})
