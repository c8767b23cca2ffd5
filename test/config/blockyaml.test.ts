/** The quick way through YAML that programs write comes to what the parser comes to. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readBlockYaml } from '../../src/config/blockyaml.ts'
import { parseYaml, toPlain } from '../../src/config/yaml.ts'

/** As the parser has it; undefined where it finds fault. */
function parsed(text: string): unknown {
  const { root } = parseYaml(text)
  return root && toPlain(root)
}

for (const [name, text] of [
  [
    'as programs write it',
    '"웹":\n  - targets:\n      - "h:1"\n    labels:\n      "a": "b \\"c\\" \\u00e9"\n',
  ],
  [
    'lists as deep as their key',
    'web:\n- labels:\n    env: prod\n  targets:\n  - h:1\n  - h:2\ndb: []\n',
  ],
  [
    'flow lists and maps',
    "---\na:\n  - targets: ['h:1', h:2]\n    labels: {zone: 1, ok: yes, \"x\": 'it''s'}\n",
  ],
  ['comments and empty lines between', '# head\na:\n\n  # in\n- targets: [h:1]\n\n# end\n'],
  ['nothing and words for it', 'a:\nb: null\nc: NULL\n'],
  ['lists in lists', '- - a\n  - b: 1\n    c: x y  z\n-   d\n'],
] as const) {
  test(`read line by line: ${name}`, () => {
    const read = readBlockYaml(text)
    assert.notEqual(read, undefined)
    assert.deepEqual(read, parsed(text))
  })
}

for (const [name, text] of [
  ['an anchor', 'a: &x [h:1]\nb: *x\n'],
  ['a merge', 'a: {x: y}\nb: {"<<": z}\n'],
  ['a tag', 'a: !!binary aGk=\n'],
  ['a text of several lines', 'a: b\n  c\nd: |\n  e\n'],
  ['a key that is there twice', 'a: 1\na: 2\n'],
  ['a second document', '---\n---\na: 1\n'],
  ['a tab', 'a:\tb\n'],
  ['a space that only some know', 'a: b\u3000\n'],
  ['a comment behind a value', 'a: b # c\n'],
  ['lines that stand between two depths', 'a:\n    b: c\n  d: e\n'],
  ['half a surrogate as an escape', 'a: "\\ud83d"\n'],
  ['nothing', ''],
] as const) {
  test(`left to the parser: ${name}`, () => assert.equal(readBlockYaml(text), undefined))
}

test('whatever is read line by line is what the parser reads (seed 20261121)', () => {
  const piece = fc.constantFrom(
    ...['a', 'b', '1', 'h:1', '- ', ': ', ':', '\n', '\n  ', '\n    ', '\n- ', '\n  - ', ' '],
    ...['"', "'", '[', ']', '{', '}', ', ', ',', '#', ' #', '\\', '"x"', "'y'", 'k: v', '\na:'],
    ...[
      'null',
      '~',
      '<<',
      '---\n',
      '...',
      '&a ',
      '*a',
      '!',
      '|',
      '>',
      '?',
      '%',
      '-',
      '한',
      '.',
      '/',
    ],
  )
  const texts = fc.array(piece, { maxLength: 8 }).map((pieces) => `g:${pieces.join('')}`)
  let readCount = 0
  const check = (text: string): void => {
    const read = readBlockYaml(text)
    if (read === undefined) return
    readCount++
    assert.deepEqual(read, parsed(text), JSON.stringify(text))
  }
  fc.assert(fc.property(texts, check), { seed: 20_261_121, numRuns: 20_000 })
  assert.ok(readCount > 200, `${readCount} of 20000 were read`)
})

test('documents of any names and texts are read as they were written (seed 20261121)', () => {
  const name = fc.string({
    unit: fc.constantFrom('a', 'Z', '_', '1', '-', '.', '한'),
    minLength: 1,
  })
  const value = fc.string({
    unit: fc.constantFrom('a', ' ', ':', '#', '-', "'", '"', '\\', '한', ','),
  })
  const quote = fc.constantFrom<(text: string) => string>(
    (text) => JSON.stringify(text),
    (text) => `'${text.replaceAll("'", "''")}'`,
  )
  const labels = fc.uniqueArray(fc.tuple(name, value, quote), {
    selector: ([key]) => key,
    maxLength: 4,
  })
  fc.assert(
    fc.property(labels, fc.nat(3), (pairs, depth) => {
      const margin = ' '.repeat(depth)
      const lines = pairs.map(([key, text, as]) => `${margin}  ${as(key)}: ${as(text)}\n`).join('')
      const text = `g:\n${margin}- targets: ["h:1"]\n${margin}  labels:\n${lines.replaceAll(/^/gm, '  ')}`
      const read = readBlockYaml(text)
      assert.deepEqual(read, parsed(text), text)
    }),
    { seed: 20_261_121, numRuns: 500 },
  )
})
