/** The content of entries, held against their exporters as they run here beside their real servers. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import { openCatalogue } from '../../src/hub/catalogue/catalogue.ts'
import { readSample } from '../../src/hub/catalogue/sample.ts'
import type { EntryDetail } from '../../src/model/catalogue.ts'
import { CATALOG_FOLDER } from '../../tools/catalog.ts'
import { missingComponents, until } from '../support/processes.ts'
import { type LiveExporters, Stage } from '../support/stage.ts'

const catalogue = await openCatalogue({
  folder: CATALOG_FOLDER,
  log: silentLog,
  metrics: new Metrics(),
})

/** Longest that an exporter may take to say all that it says, in ms: some ask their servers by themselves. */
const SETTLED_MS_MAX = 15_000

/** Metrics of the sample that rules and panels ask for. */
function needsOf(entry: EntryDetail): ReadonlySet<string> {
  const { names } = readSample(entry.files.sample)
  const needs = [...entry.rules, ...entry.panels].flatMap((check) => check.needs)
  return new Set(needs.map(({ metric }) => metric).filter((metric) => names.has(metric)))
}

async function namesAt(urls: readonly string[]): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  for (const url of urls) {
    const text = await (await fetch(url)).text()
    for (const name of readSample(text).names) names.add(name)
  }
  return names
}

/** Registers a test for each exporter; files side by side share the work. */
export function testLive(exporters: LiveExporters): void {
  describe('live', { concurrency: 2 }, () => {
    for (const [name, { commands, cannot, lacks, start }] of Object.entries(exporters)) {
      const skip = cannot ?? missingComponents(...commands)
      test(`${name} has every metric that its rules and panels need`, { skip }, async (t) => {
        const entry = catalogue.entry(name)
        assert.ok(entry !== undefined)
        const needs = needsOf(entry)
        const excuses = Object.keys(lacks).map((pattern) => new RegExp(`^(${pattern})$`))
        const isExcused = (metric: string): boolean => excuses.some((each) => each.test(metric))
        const stage = new Stage(name)
        t.after(() => stage.clear())
        const urls = await start(stage)
        let names = new Set<string>() as ReadonlySet<string>
        const missing = (): readonly string[] => [...needs].filter((metric) => !names.has(metric))
        const settled = async (): Promise<boolean> => {
          try {
            names = await namesAt(urls)
          } catch {
            return false // no answer yet that is one
          }
          return missing().every(isExcused)
        }
        await until(name, settled, SETTLED_MS_MAX).catch(() => {})
        assert.deepEqual(
          missing().filter((metric) => !isExcused(metric)),
          [],
          'metrics that the exporter has not',
        )
        for (const excuse of excuses) {
          assert.ok(
            missing().some((metric) => excuse.test(metric)),
            `${excuse} is there after all`,
          )
        }
        const isToldBy = (metric: string): boolean => entry.misses[metric] === undefined
        assert.deepEqual(catalogue.recognise(names), entry.recognise.every(isToldBy) ? [name] : [])
        t.diagnostic(`${name}: ${needs.size - missing().length} of ${needs.size} metrics`)
      })
    }
  })
}
