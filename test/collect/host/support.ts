/** An appender that remembers rows, and folders that look like a host. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { NarthexError } from '../../../src/base/error.ts'
import type { HostPaths } from '../../../src/collect/host/collector.ts'
import { ACCEPTED, type Appender, UNKNOWN } from '../../../src/model/appender.ts'
import { formatLabels, type Labels } from '../../../src/model/labels.ts'
import { isStaleAt } from '../../../src/model/stale.ts'

/** One appended row: values by series as PromQL writes them. */
export interface Row {
  readonly timeMs: number
  readonly values: Map<string, number>
  readonly stale: Set<string>
}

export interface TestAppender extends Appender {
  readonly rows: Row[]
  readonly last: Row
  /** Ids that are answered with UNKNOWN once. */
  readonly forgotten: Set<number>
  /** Series asked for, in order. */
  readonly asked: string[]
  seriesMax: number
  isBusy: boolean
}

export function testAppender(): TestAppender {
  const names: string[] = []
  const byName = new Map<string, number>()
  const appender: TestAppender = {
    rows: [],
    forgotten: new Set(),
    asked: [],
    seriesMax: Number.POSITIVE_INFINITY,
    isBusy: false,
    get last() {
      return appender.rows[appender.rows.length - 1]
    },
    series(labels: Labels) {
      const name = formatLabels(labels)
      appender.asked.push(name)
      const known = byName.get(name)
      if (known !== undefined) return known
      if (names.length >= appender.seriesMax) throw new NarthexError('share', 'too many series')
      byName.set(name, names.length)
      names.push(name)
      return names.length - 1
    },
    append(timeMs, ids, values, count, outcomes) {
      if (appender.isBusy) throw new NarthexError('busy', 'cannot append: read-only')
      const previous = appender.rows.at(-1)
      const row: Row =
        previous?.timeMs === timeMs ? previous : { timeMs, values: new Map(), stale: new Set() }
      if (row !== previous) appender.rows.push(row)
      let accepted = 0
      for (let i = 0; i < count; i++) {
        if (appender.forgotten.delete(ids[i])) {
          outcomes[i] = UNKNOWN
          continue
        }
        outcomes[i] = ACCEPTED
        accepted++
        const name = names[ids[i]]
        if (isStaleAt(values, i)) row.stale.add(name)
        else row.values.set(name, values[i])
      }
      return accepted
    },
    commit: () => Promise.resolve(undefined),
  }
  return appender
}

/** Writes files below a folder; a content that starts with `->` is a link. */
export function writeTree(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name)
    mkdirSync(path.dirname(file), { recursive: true })
    if (content.startsWith('->')) symlinkSync(content.slice(2), file)
    else writeFileSync(file, content)
  }
}

/** Paths of a host below a folder. */
export function hostPaths(folder: string): HostPaths {
  return {
    proc: path.join(folder, 'proc'),
    sys: path.join(folder, 'sys'),
    cgroup: path.join(folder, 'sys/fs/cgroup'),
    root: folder,
  }
}
