/** The readers of text and OpenMetrics against a plain one, and against noise. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NarthexError } from '../../src/base/error.ts'
import {
  type ByteCursor,
  END,
  type ExpositionFormat,
  newEntry,
  readPairs,
  SERIES,
} from '../../src/wire/exposition.ts'
import { openMetricsFormat } from '../../src/wire/openmetrics.ts'
import { textFormat } from '../../src/wire/text.ts'
import { TextPool } from '../../src/wire/textpool.ts'

interface Sample {
  readonly pairs: readonly string[]
  readonly value: number
  readonly timeMs: number | undefined
}

function cursorOf(bytes: Uint8Array): ByteCursor {
  const padded = new Uint8Array(bytes.length + 1)
  padded.set(bytes)
  padded[bytes.length] = 10
  return { bytes: padded, at: 0, end: bytes.length }
}

function readAll(content: string | Uint8Array, format: ExpositionFormat): Sample[] {
  const c = cursorOf(typeof content === 'string' ? new TextEncoder().encode(content) : content)
  const entry = newEntry()
  const pool = new TextPool()
  const samples: Sample[] = []
  for (let steps = 0; steps <= c.end + 1; steps++) {
    const kind = format.readKey(c, entry)
    if (kind === END) return samples
    if (kind !== SERIES) continue
    const pairs = readPairs(c, entry, pool)
    format.readSample(c, entry)
    const timeMs = entry.hasTime ? entry.timeMs : undefined
    samples.push({ pairs, value: entry.value, timeMs })
  }
  throw new Error('the reader does not move')
}

/** The same by regular expressions on strings, for what the generator below writes. */
function readPlainly(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const parts = /^([a-z_:]+)(?:\{(.*)\})? (\S+)(?: (\d+))?$/.exec(line)
      assert.ok(parts !== null, line)
      const pairs = ['__name__', parts[1]]
      for (const label of (parts[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
        pairs.push(label[1], JSON.parse(`"${label[2]}"`))
      }
      const timeMs = parts[4] === undefined ? undefined : Number(parts[4])
      return { pairs, value: Number(parts[3]), timeMs }
    })
}

const labelValue = fc
  .string({ unit: 'binary', maxLength: 12 })
  .map((text) => text.replaceAll(/[\p{Cc}\p{Cs}]/gu, '').replaceAll('\u2028', ''))
  .map((text) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"'))
  .map((text) => (text.length % 5 === 0 ? `${text}\\n` : text))

const line = fc
  .record({
    name: fc.stringMatching(/^[a-z_:]{1,8}$/),
    labels: fc.array(fc.tuple(fc.stringMatching(/^[a-z_]{1,6}$/), labelValue), { maxLength: 3 }),
    value: fc.double({ noNaN: true, noDefaultInfinity: true }),
    timeMs: fc.option(fc.nat(), { nil: undefined }),
  })
  .map(({ name, labels, value, timeMs }) => {
    const inside = labels.map(([label, text]) => `${label}="${text}"`).join(',')
    const braces = labels.length === 0 ? '' : `{${inside}}`
    return `${name}${braces} ${value}${timeMs === undefined ? '' : ` ${timeMs}`}`
  })

test('the text format is read as a plain reader on strings reads it', () => {
  const isEqual = fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
    const text = lines.map((one) => `# HELP x help\n${one}\n`).join('')
    assert.deepEqual(readAll(text, textFormat), readPlainly(text))
  })
  fc.assert(isEqual, { seed: 20_260_104, numRuns: 500 })
})

test('OpenMetrics is read as a plain reader on strings reads it', () => {
  const isEqual = fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
    const text = `${lines.map((one) => `${one}\n`).join('')}# EOF\n`
    const wanted = readPlainly(text).map((sample) => ({
      ...sample,
      timeMs: sample.timeMs === undefined ? undefined : sample.timeMs * 1000,
    }))
    assert.deepEqual(readAll(text, openMetricsFormat), wanted)
  })
  fc.assert(isEqual, { seed: 20_260_105, numRuns: 500 })
})

/** Pieces of the grammar, so that noise gets far into the readers. */
const pieces = fc.constantFrom(
  'a',
  'b_total',
  '{',
  '}',
  '"',
  '=',
  ',',
  ' ',
  '\t',
  '\n',
  '\r\n',
  '#',
  '# HELP ',
  '# TYPE ',
  '# UNIT ',
  '# EOF',
  ' # {',
  'counter',
  '\\',
  '\\n',
  '1',
  '-1.5e3',
  'NaN',
  '\0',
  'le="1"',
  '{"x.y"}',
)

for (const [name, format] of [
  ['text', textFormat],
  ['OpenMetrics', openMetricsFormat],
] as const) {
  const survives = (bytes: Uint8Array): void => {
    try {
      readAll(bytes, format)
    } catch (error) {
      assert.ok(error instanceof NarthexError && error.kind === 'bad_data', String(error))
    }
  }

  test(`C31: ${name}: any sequence of pieces is read or refused`, () => {
    const noise = fc.array(pieces, { maxLength: 40 }).map((list) => list.join(''))
    const property = fc.property(noise, (text) => survives(new TextEncoder().encode(text)))
    fc.assert(property, { seed: 20_260_106, numRuns: 20_000 })
  })

  test(`C31: ${name}: any bytes are read or refused`, () => {
    const property = fc.property(fc.uint8Array({ maxLength: 60 }), survives)
    fc.assert(property, { seed: 20_260_107, numRuns: 5000 })
  })
}

for (const [name, text, wanted] of [
  ['a name in quotes', '{"my.metric",x="y"} 1\n', ['__name__', 'my.metric', 'x', 'y']],
  ['a label in quotes', 'a{"my.label"="y"} 1\n', ['__name__', 'a', 'my.label', 'y']],
  ['blanks everywhere', 'a { b = "c" , d="e", }\t1\n', ['__name__', 'a', 'b', 'c', 'd', 'e']],
  ['no comma', 'a{b="c" d="e"} 1\n', ['__name__', 'a', 'b', 'c', 'd', 'e']],
  ['escapes', 'a{b="\\\\ \\" \\n \\t"} 1', ['__name__', 'a', 'b', '\\ " \n \\t']],
  ['a line break in a value', 'a{b="x\ny"} 1\n', ['__name__', 'a', 'b', 'x\ny']],
  ['letters of all kinds', 'a{b="한글 é 🜂"} 1\n', ['__name__', 'a', 'b', '한글 é 🜂']],
] as const) {
  test(`the text format takes ${name}`, () => {
    assert.deepEqual(readAll(text, textFormat)[0].pairs, wanted)
  })
}

for (const [name, bytes] of [
  ['a label value that is not UTF-8', [97, 123, 98, 61, 34, 0xff, 34, 125, 32, 49]],
  ['a name of continuation bytes', [0x80, 0x80, 32, 49]],
  ['a time beyond 63 bits', new TextEncoder().encode('a 1 9999999999999999999')],
  ['a time with a point', new TextEncoder().encode('a 1 1.5')],
  ['carriage returns', new TextEncoder().encode('a 1\r\n')],
] as const) {
  test(`the text format refuses ${name}`, () => {
    assert.throws(() => readAll(Uint8Array.from(bytes), textFormat), NarthexError)
  })
}
