/** The strict reading of OpenMetrics: the verdicts of the specification's own cases. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { validateOpenMetrics } from '../../src/wire/openmetricsstrict.ts'

interface Case {
  readonly id: string
  readonly format: string
  readonly input?: string
  readonly input_b64?: string
  readonly ok: boolean
  readonly prometheus_accepts: boolean
}

const FOLDER = new URL('../../../shared/conformance/data/exposition/', import.meta.url)

for (const file of ['openmetrics-spec.json', 'client-python.json']) {
  test(`${file}: the verdict of the specification holds`, () => {
    const { cases } = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as { cases: Case[] }
    const wrong: string[] = []
    for (const c of cases) {
      // Later than 1.0: native histograms as text, blanks between names in quotes.
      const isDraft = c.ok && !c.prometheus_accepts
      if (c.format !== 'openmetrics' || isDraft) continue
      const bytes =
        c.input_b64 === undefined
          ? new TextEncoder().encode(c.input)
          : Buffer.from(c.input_b64, 'base64')
      let fault = ''
      try {
        validateOpenMetrics(bytes)
      } catch (error) {
        fault = (error as Error).message
      }
      if ((fault === '') !== c.ok)
        wrong.push(`${c.id}: ${fault} ${new TextDecoder().decode(bytes)}`)
    }
    assert.deepEqual(wrong, [])
  })
}

for (const [name, body] of [
  ['families that interleave', '# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\na{x="1"} 1\n# EOF\n'],
  ['metadata after samples', '# TYPE a gauge\na 1\n# HELP a late\n# EOF\n'],
] as const) {
  test(`validateOpenMetrics refuses: ${name}`, () => {
    assert.throws(
      () => validateOpenMetrics(new TextEncoder().encode(body)),
      /OpenMetrics 1.0 forbids/,
    )
  })
}
