/** Markdown as blocks: what people write is found, and nothing of it becomes markup. */
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { type Block, parseMarkdown } from '../../../ui/markdown/block.ts'
import type { Inline } from '../../../ui/markdown/inline.ts'
import { cpuMsOf } from '../../support/cpu.ts'

/** The text of parts, without their kinds. */
function textOf(content: readonly Inline[]): string {
  return content
    .map((part) => {
      if (part.kind === 'break') return '\n'
      return 'text' in part ? part.text : textOf(part.content)
    })
    .join('')
}

/** Blocks as short texts. */
function shape(blocks: readonly Block[]): unknown[] {
  return blocks.map(shapeOf)
}

function shapeOf(block: Block): unknown {
  switch (block.kind) {
    case 'heading':
      return `h${block.level} ${textOf(block.content)}`
    case 'paragraph':
      return textOf(block.content)
    case 'code':
      return `# ${block.text}`
    case 'quote':
      return { quote: shape(block.blocks) }
    case 'list':
      return { [block.start ?? '-']: block.items.map(shape) }
    case 'table':
      return [block.aligns, block.head.map(textOf), ...block.rows.map((row) => row.map(textOf))]
    case 'rule':
      return '---'
  }
}

for (const [name, text, blocks] of [
  ['nothing', ' \n\n', []],
  ['headings', '# One\n### Three ###\n## C#', ['h1 One', 'h3 Three', 'h2 C#']],
  ['no heading without a blank', '#one', ['#one']],
  ['lines of a paragraph', 'one\n  two\n\nthree', ['one\ntwo', 'three']],
  ['a fence', '```yaml\na: 1\n\n  b: 2\n```\nafter', ['# a: 1\n\n  b: 2', 'after']],
  ['a fence within a longer one', '````\n```\n````', ['# ```']],
  ['a fence that nobody closes', '```\na', ['# a']],
  ['code by indent', 'Do:\n\n    a\n\n      b\n\nafter', ['Do:', '# a\n\n  b', 'after']],
  ['a list', '- a\n- b\n  c\n* d', [{ '-': [['a'], ['b\nc'], ['d']] }]],
  ['numbers', '3. a\n4. b', [{ 3: [['a'], ['b']] }]],
  [
    'a list in a list',
    '- a\n  - b\n  - c\n- d',
    [{ '-': [['a', { '-': [['b'], ['c']] }], ['d']] }],
  ],
  ['code of an item', '1. a\n\n   ```\n   x\n   ```\n2. b', [{ 1: [['a', '# x'], ['b']] }]],
  ['a list ends', '- a\n\nafter', [{ '-': [['a']] }, 'after']],
  ['a list after a line', 'these:\n- a', ['these:', { '-': [['a']] }]],
  ['an item of two paragraphs', '- a\n\n  b', [{ '-': [['a', 'b']] }]],
  ['a quote', '> a\n> - b', [{ quote: ['a', { '-': [['b']] }] }]],
  ['rules', 'a\n\n---\n* * *', ['a', '---', '---']],
  ['carriage returns', '# a\r\nb\r\n', ['h1 a', 'b']],
] as const) {
  test(`blocks: ${name}`, () => assert.deepEqual(shape(parseMarkdown(text)), blocks))
}

test('a table has aligns, and as many cells in each row as its head', () => {
  const text = '| a | b | c |\n|---|:-:|--:|\n| `x|y` | 1 \\| 2 |\n| 1 | 2 | 3 | 4 |\n\nafter'
  assert.deepEqual(shape(parseMarkdown(text)), [
    [
      ['start', 'center', 'end'],
      ['a', 'b', 'c'],
      ['x|y', '1 | 2', ''],
      ['1', '2', '3'],
    ],
    'after',
  ])
})

test('a line with a bar and none of dashes below is no table', () => {
  assert.deepEqual(shape(parseMarkdown('a | b\nc | d')), ['a | b\nc | d'])
})

test('markup of others is text', () => {
  const text = '<script>window.hit=1</script>\n\n<b onclick=x>**a**</b>'
  assert.deepEqual(shape(parseMarkdown(text)), [
    '<script>window.hit=1</script>',
    '<b onclick=x>a</b>',
  ])
})

test('no letter of a text is lost', () => {
  const unit = fc.constantFrom(...'ab \n#-*_>!\\1.', '    ', '\n\n- ', '\n1. ', '<b>')
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 300 }), (text) => {
      const lettersOf = (all: string): number => all.replaceAll(/[^ab]/g, '').length
      const shown = JSON.stringify(shape(parseMarkdown(text))).replaceAll('quote', '')
      assert.equal(lettersOf(shown), lettersOf(text))
    }),
    { seed: 27, numRuns: 500 },
  )
})

test('any text is read', () => {
  const unit = fc.constantFrom(...'ab \n#-*_`>|[]()<:!\\1.~/', '    ', '```', '\n\n- ', 'http://h')
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 300 }), (text) => {
      assert.equal(parseMarkdown(text).length > 0, text.trim() !== '')
    }),
    { seed: 27, numRuns: 500 },
  )
})

for (const [name, text] of [
  ['brackets', '['.repeat(50_000)],
  ['stars', '*a '.repeat(20_000)],
  ['marks of code', '` `` '.repeat(20_000)],
  ['quotes', '>'.repeat(50_000)],
  ['lists in lists', '- '.repeat(20_000)],
  ['blank lines of an item', `- a${'\n'.repeat(50_000)}  b`],
  ['angles', '<'.repeat(50_000)],
] as const) {
  test(`a text that is made to be slow is not: ${name}`, () => {
    const tookMs = cpuMsOf(() => parseMarkdown(text))
    assert.ok(tookMs < 2000, `${tookMs} ms`)
  })
}
