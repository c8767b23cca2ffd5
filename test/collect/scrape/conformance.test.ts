/** Exposition cases of other projects through the scanner: verdict and samples as Prometheus 3. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Layout } from '../../../src/collect/scrape/layout.ts'
import { MetadataPool } from '../../../src/collect/scrape/metadata.ts'
import { Scanner } from '../../../src/collect/scrape/scan.ts'
import { labelsToRecord } from '../../../src/model/labels.ts'
import { openMetricsFormat } from '../../../src/wire/openmetrics.ts'
import { textFormat } from '../../../src/wire/text.ts'
import { bodyOf, rulesOf } from './bodies.ts'
import { MemoryAppender } from './memory.ts'

interface Wanted {
  readonly labels: Record<string, string>
  readonly value: unknown
}

interface Case {
  readonly id: string
  readonly format: 'text' | 'openmetrics'
  readonly input?: string
  readonly input_b64?: string
  readonly ok: boolean
  readonly prometheus_accepts: boolean
  readonly entries?: readonly Wanted[]
  readonly families?: readonly {
    readonly samples: readonly (Wanted & { name: string; native_histogram?: unknown })[]
  }[]
}

const FOLDER = new URL('../../../../shared/conformance/data/exposition/', import.meta.url)

function casesOf(file: string): Case[] {
  return JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')).cases
}

function bytesOf(c: Case): Uint8Array {
  return c.input_b64 === undefined
    ? new TextEncoder().encode(c.input)
    : Buffer.from(c.input_b64, 'base64')
}

function scrape(c: Case): { fault: string; samples: Map<string, number> } {
  const scanner = new Scanner(new MetadataPool())
  const layout = new Layout()
  const appender = new MemoryAppender()
  const samples = new Map<string, number>()
  const format = c.format === 'text' ? textFormat : openMetricsFormat
  try {
    scanner.scan(bodyOf(bytesOf(c)), layout, format, rulesOf({ honorTimestamps: false }))
  } catch (error) {
    return { fault: (error as Error).message, samples }
  }
  scanner.row.write(appender, layout, 1000)
  for (const [id, labels] of appender.seriesById.entries()) {
    if (labels === undefined) continue
    samples.set(canonical(labelsToRecord(labels)), appender.samplesById[id][0]?.value)
  }
  return { fault: '', samples }
}

function canonical(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).filter(([, value]) => value !== '')
  const bounds = pairs.map(([name, value]) =>
    name === 'le' || name === 'quantile' ? [name, String(Number(value))] : [name, value],
  )
  return JSON.stringify(bounds.sort((a, b) => (a[0] < b[0] ? -1 : 1)))
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value
  return Number(String(value).replace(/^([+-]?)Inf$/, '$1Infinity'))
}

function wantedOf(c: Case): Map<string, number[]> | undefined {
  const list =
    c.entries?.filter((entry) => entry.value !== undefined) ??
    c.families?.flatMap((family) =>
      family.samples
        .filter((s) => s.value !== null && s.native_histogram === undefined)
        .map((s) => ({ labels: { __name__: s.name, ...s.labels }, value: s.value })),
    )
  if (list === undefined) return undefined
  const wanted = new Map<string, number[]>()
  for (const { labels, value } of list) {
    const key = canonical(labels)
    wanted.set(key, [...(wanted.get(key) ?? []), numberOf(value)])
  }
  return wanted
}

for (const file of readdirSync(FOLDER)) {
  test(`${file}: the verdict and the samples of each case are those of Prometheus`, () => {
    const failures: string[] = []
    for (const c of casesOf(file)) {
      const { fault, samples } = scrape(c)
      const accepted = fault === ''
      if (accepted !== c.prometheus_accepts) {
        failures.push(`${c.id}: ${accepted ? 'accepted' : `refused: ${fault}`}`)
        continue
      }
      const wanted = accepted && c.ok ? wantedOf(c) : undefined
      if (wanted === undefined) continue
      for (const [key, values] of wanted) {
        const value = samples.get(key)
        if (!values.some((v) => Object.is(v, value))) {
          failures.push(`${c.id}: ${key} is ${value}, wanted ${values}`)
        }
      }
      for (const key of samples.keys()) {
        if (!wanted.has(key) && !/_created"/.test(key)) failures.push(`${c.id}: ${key} too many`)
      }
    }
    assert.deepEqual(failures, [])
  })
}
