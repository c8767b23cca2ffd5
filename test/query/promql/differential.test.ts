/** The real Prometheus as the oracle of syntax: the same verdict, the same words, the same canonical form. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { messageOf } from '../../../src/base/error.ts'
import { parseExpr } from '../../../src/query/promql/parse.ts'
import { prettify } from '../../../src/query/promql/print.ts'
import {
  freePort,
  missingComponents,
  startComponent,
  temporaryFolder,
} from '../../support/processes.ts'

const SEED = 20_261_121
const COUNT = 1_000
/** Requests under way at a time. */
const LANES = 8

/**
 * Where Debian's 2.42 is older than the language we speak, and one place where we differ on
 * purpose. Each is a pattern of its answer or of the question.
 */
const DIFFERENT: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['numbers are no durations, durations no numbers', /(unexpected|expected) (duration|number)/],
  ['other words for a broken duration', /missing unit character|bad duration syntax/],
  ['the anchors of a pattern are shown', /\^\(\?:/],
  ['the token @ has no name', /<Item \d+>/],
  [
    'quoted label names and names with colons do not group',
    /(string|metric identifier) .* in grouping/,
  ],
  ['exponents of one digit more', /\de[+-]\d/],
  ['`ignoring ()` is lost before group_left', /ignoring ?\( ?\) group_/],
  ['@ end() is forgotten before a range', /@ end\(\)/],
  ['+Inf before ^ would read back as the sign of the power: we leave it out', /\+Inf \^/],
]

const WORDS = fc.constantFrom(
  ...'foo foo foo sum rate topk count_values by without on ignoring group_left bool offset'.split(
    ' ',
  ),
  ...'and or unless atan2 abs label_join time vector scalar Inf NaN 1 2.5 0x1f 08 5m 1x 5mm'.split(
    ' ',
  ),
  ...'( ( ( ) ) ) { } [ ] , , + - * / % ^ == != < > <= >= = =~ !~ ! @ : é \\ # ; $ foo:bar'.split(
    ' ',
  ),
  ...'[5m] [5m] [5m:1m] [5m:] {a="b"} {a=~".*"} (foo) by(a) on(b) by(a,) (foo,) "a" `b`'.split(' '),
  ...['(foo[5m])', '"a\\q"', "'c'"],
)

const SOUP = fc
  .tuple(fc.array(WORDS, { minLength: 1, maxLength: 9 }), fc.constantFrom(' ', '', '  '))
  .map(([words, gap]) => words.join(gap))

const LABELS = fc.constantFrom('', 'a', 'a,b', 'a,', 'on', 'by,sum')
const DURATION = fc.constantFrom('5m', '1h30m', '1w', '8d', '90s', '1500ms', '1y')

/** Grammatical, whether or not the types fit. */
const GRAMMAR = fc.letrec<{ expr: string }>((tie) => ({
  expr: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom(
      'foo',
      'a:b',
      '{a="x"}',
      'foo{b=~"c.*",a!="d\\n"}',
      'foo{}',
      'sum',
      '{a=~".*"}',
    ),
    fc.constantFrom(
      '1',
      '-1',
      'Inf',
      'NaN',
      '0x1F',
      '0755',
      '"s\\u00e9"',
      "'q\\''",
      'foo{__name__="x"}',
    ),
    fc
      .tuple(
        tie('expr'),
        fc.constantFrom(
          ...'+ - * / % ^ atan2 == != < >= and or unless'.split(' '),
          '> bool',
          '+ bool',
        ),
        fc.constantFrom(
          '',
          '',
          '',
          ' on(a)',
          ' ignoring(a,b)',
          ' on(a,) group_left',
          ' on() group_right(a)',
        ),
        tie('expr'),
      )
      .map(([left, op, matching, right]) => `${left} ${op}${matching} ${right}`),
    tie('expr').map((inner) => `(${inner})`),
    fc.tuple(fc.constantFrom('-', '+ '), tie('expr')).map(([sign, inner]) => sign + inner),
    fc
      .tuple(
        fc.constantFrom(
          ...'rate abs vector scalar time round label_join clamp hour nope absent'.split(' '),
        ),
        fc.array(tie('expr'), { maxLength: 4 }),
      )
      .map(([name, args]) => `${name}(${args.join(', ')})`),
    fc
      .tuple(
        fc.constantFrom(...'sum avg topk count_values quantile group'.split(' ')),
        fc.constantFrom('', ' by', ' without'),
        LABELS,
        fc.array(tie('expr'), { maxLength: 3 }),
      )
      .map(
        ([op, word, labels, args]) => `${op}(${args})${word === '' ? '' : `${word} (${labels})`}`,
      ),
    fc.tuple(tie('expr'), DURATION).map(([expr, range]) => `${expr}[${range}]`),
    fc
      .tuple(tie('expr'), DURATION, fc.constantFrom('', '5s'))
      .map(([e, d, s]) => `${e}[${d}:${s}]`),
    fc
      .tuple(tie('expr'), DURATION, fc.constantFrom('', '-'))
      .map(([e, d, s]) => `${e} offset ${s}${d}`),
    fc
      .tuple(tie('expr'), fc.constantFrom('12.5', '-3', '1603774568.1235'))
      .map(([e, at]) => `${e} @ ${at}`),
  ),
})).expr

function ours(text: string): string {
  try {
    return prettify(parseExpr(text))
  } catch (error) {
    return `invalid parameter "query": ${messageOf(error)}`
  }
}

async function theirs(url: string, text: string): Promise<string> {
  const body = new URLSearchParams({ query: text })
  const reply = await fetch(`${url}/api/v1/format_query`, { method: 'POST', body })
  const envelope = (await reply.json()) as { data?: string; error?: string }
  return envelope.data ?? envelope.error ?? `HTTP ${reply.status}`
}

test('format_query agrees with the real Prometheus, word for word', {
  skip: missingComponents('prometheus') ?? false,
}, async (t) => {
  const folder = temporaryFolder('syntax')
  const config = join(folder.path, 'reference.yml')
  writeFileSync(config, 'global: {}\n')
  const port = await freePort()
  const storage = `--storage.tsdb.path=${join(folder.path, 'data')}`
  const listen = `--web.listen-address=127.0.0.1:${port}`
  const flags = [`--config.file=${config}`, storage, listen]
  const reference = await startComponent('prometheus', flags, port, '/-/ready')
  t.after(async () => {
    await reference.stop()
    folder.remove()
  })

  const texts = [SOUP, GRAMMAR].flatMap((kind) => fc.sample(kind, { seed: SEED, numRuns: COUNT }))
  const differences: string[] = []
  let compared = 0
  let accepted = 0
  const lane = async (): Promise<void> => {
    for (let text = texts.pop(); text !== undefined; text = texts.pop()) {
      const wanted = await theirs(reference.url, text)
      const about = `${wanted}\n${text}`
      if (DIFFERENT.some(([, pattern]) => pattern.test(about))) continue
      compared++
      const got = ours(text)
      if (got !== wanted) differences.push(`${text}\n  ours   ${got}\n  theirs ${wanted}`)
      else if (!got.startsWith('invalid')) accepted++
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  assert.deepEqual(differences, [])
  assert.ok(compared > COUNT, `${compared} compared`)
  assert.ok(accepted > COUNT / 4, `${accepted} accepted by both`)
})
