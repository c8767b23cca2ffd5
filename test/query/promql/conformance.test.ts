/** Prometheus's own syntax verdicts and canonical forms, and every expression of its test scripts. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { messageOf } from '../../../src/base/error.ts'
import { ALL_FEATURES } from '../../../src/query/promql/features.ts'
import { parseExpr } from '../../../src/query/promql/parse.ts'
import { prettify, printExpr } from '../../../src/query/promql/print.ts'

const DATA = new URL('../../../../shared/conformance/data/', import.meta.url)

interface ParseCase {
  readonly id: string
  readonly input?: string
  readonly input_b64?: string
  readonly ok: boolean
  readonly errors?: readonly string[]
}

interface FormatCase {
  readonly id: string
  readonly in: string
  readonly out: string
  readonly style: 'one-line' | 'pretty-10-columns'
}

function casesOf<T>(file: string): readonly T[] {
  return JSON.parse(readFileSync(new URL(`promql-parse/${file}`, DATA), 'utf8')).cases
}

function faultOf(text: string): string | undefined {
  try {
    parseExpr(text, ALL_FEATURES)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}

test('every syntax verdict is Prometheus’s, and so is the message of a refusal', () => {
  const wrong: string[] = []
  for (const { id, input, input_b64, ok, errors = [] } of casesOf<ParseCase>('parse-cases.json')) {
    const text = input ?? Buffer.from(input_b64 ?? '', 'base64').toString()
    const fault = faultOf(text)
    if (ok !== (fault === undefined)) wrong.push(`${id} ${text}: ${fault ?? 'accepted'}`)
    else if (!ok && !fault?.includes(errors[0] ?? ''))
      wrong.push(`${id} ${text}: ${fault}, not ${errors}`)
  }
  assert.deepEqual(wrong, [])
})

test('every canonical form is Prometheus’s', () => {
  const wrong: string[] = []
  for (const { id, in: text, out, style } of casesOf<FormatCase>('format-cases.json')) {
    const expr = parseExpr(text, ALL_FEATURES)
    const seen = style === 'one-line' ? printExpr(expr) : prettify(expr, 10)
    if (seen !== out) wrong.push(`${id} ${text}: ${seen}, not ${out}`)
  }
  assert.deepEqual(wrong, [])
})

test('every expression of the evaluation scripts parses and prints to a text that parses alike', () => {
  const folder = new URL('promql/', DATA)
  const wrong: string[] = []
  let count = 0
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.test'))) {
    for (const { text, line } of scriptExpressions(new URL(file, folder))) {
      count++
      const fault = faultOf(text)
      if (fault !== undefined) {
        wrong.push(`${file}:${line} ${text}: ${fault}`)
        continue
      }
      const once = printExpr(parseExpr(text, ALL_FEATURES))
      const twice = printExpr(parseExpr(once, ALL_FEATURES))
      if (once !== twice) wrong.push(`${file}:${line} ${once} prints as ${twice}`)
    }
  }
  assert.deepEqual(wrong, [])
  assert.ok(count > 1200, `${count} expressions`)
})

function* scriptExpressions(file: URL): Generator<{ text: string; line: number }> {
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    const instant = /^\s*eval(?:_\w+)?\s+instant\s+(?:at\s+\S+\s+)?(.+)$/.exec(line)
    const range = /^\s*eval(?:_\w+)?\s+range\s+from\s+\S+\s+to\s+\S+\s+step\s+\S+\s+(.+)$/.exec(
      line,
    )
    const text = instant?.[1] ?? range?.[1]
    if (text !== undefined) yield { text, line: index + 1 }
  }
}
