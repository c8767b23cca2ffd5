/** The text of Markdown: emphasis, code, and links that lead to the web only. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { type Inline, parseInline, webAddress } from '../../../ui/markdown/inline.ts'

/** Parts as a short text: `<em a>`. */
function shape(content: readonly Inline[]): string {
  return content
    .map((part) => {
      if (part.kind === 'text') return part.text
      if (part.kind === 'break') return '⏎'
      if (part.kind === 'code') return `{${part.text}}`
      const inside = shape(part.content)
      return part.kind === 'link' ? `(${part.href} ${inside})` : `(${part.kind} ${inside})`
    })
    .join('')
}

for (const [text, parts] of [
  ['plain', 'plain'],
  ['*a* and _b_', '(em a) and (em b)'],
  ['**a** and __b__', '(strong a) and (strong b)'],
  ['**a *b* c**', '(strong a (em b) c)'],
  ['2 * 3 * 4', '2 * 3 * 4'],
  ['node_cpu_seconds_total', 'node_cpu_seconds_total'],
  ['*한국어*입니다', '(em 한국어)입니다'],
  ['*open', '*open'],
  ['\\*a\\*', '*a*'],
  ['`a *b*`', '{a *b*}'],
  ['`` a`b ``', '{a`b}'],
  ['`open', '`open'],
  ['a  \nb', 'a⏎b'],
  ['a\nb', 'a\nb'],
  ['[a](https://x.y/z)', '(https://x.y/z a)'],
  ['[**a**](<https://x.y> "title")', '(https://x.y/ (strong a))'],
  ['[a](https://x.y/(z))', '(https://x.y/(z) a)'],
  ['![picture](https://x.y/p.png)', '(https://x.y/p.png picture)'],
  ['<https://x.y>', '(https://x.y/ https://x.y)'],
  ['see https://x.y/z.', 'see (https://x.y/z https://x.y/z).'],
  ['[a] (b)', '[a] (b)'],
  ['[a](b', '[a](b'],
  ['<b>a</b>', '<b>a</b>'],
] as const) {
  test(`parts of ${JSON.stringify(text)}`, () => assert.equal(shape(parseInline(text)), parts))
}

/** Addresses that would run as script, read a file, or lead elsewhere than they say. */
const ATTACKS = [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  ' javascript:alert(1)',
  'java\tscript:alert(1)',
  'javascript&colon;alert(1)',
  'vbscript:x',
  'data:text/html,<script>alert(1)</script>',
  'blob:https://x.y/1',
  'file:///etc/passwd',
  'ftp://x.y/',
  '//x.y/z',
  '/api/v1/sd/groups',
  '../status',
  '#name',
  'https://good.example@bad.example/',
  'https://good.example:1@bad.example/',
  'https://',
  'https:x',
  'mailto:a@b.c',
]

for (const address of ATTACKS) {
  test(`no link leads to ${JSON.stringify(address)}`, () => {
    assert.equal(webAddress(address), undefined)
    for (const text of [`[a](${address})`, `[a](<${address}>)`, `![a](${address})`]) {
      assert.deepEqual(hrefsOf(parseInline(text)), [], text)
    }
    for (const href of hrefsOf(parseInline(`<${address}> ${address}`))) {
      assert.equal(webAddress(href), href)
    }
  })
}

/** Where the links among parts lead. */
function hrefsOf(content: readonly Inline[]): string[] {
  return content.flatMap((part) => [
    ...(part.kind === 'link' ? [part.href] : []),
    ...('content' in part ? hrefsOf(part.content) : []),
  ])
}
