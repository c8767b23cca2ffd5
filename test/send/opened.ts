/** Destinations of the configuration, opened for tests. */
import assert from 'node:assert/strict'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import { readConfig } from '../../src/config/config.ts'
import type { ListedDestination } from '../../src/config/destinationkinds.ts'
import type { MetadataView } from '../../src/model/target.ts'
import { openWriter, type WriterDeps } from '../../src/roles/destinations.ts'
import { shareFrames } from '../../src/send/frame/shared.ts'
import type { SeriesView, WriteResult, Writer } from '../../src/send/writer.ts'

const NO_METADATA: MetadataView = { families: () => new Map(), ofTargets: () => [] }

/** An entry of `narthex.destinations`: `{type: …, name: far, …}` without the braces. */
function destinationOf(yaml: string): ListedDestination {
  const { config, errors } = readConfig(`narthex: {destinations: [{name: far, ${yaml}}]}`, '', {})
  assert.deepEqual(errors, [])
  const entry = config?.narthex.destinations[0]
  assert.ok(entry)
  return entry
}

export function writerDeps(more: Partial<WriterDeps> = {}): WriterDeps {
  const metrics = new Metrics()
  return {
    clock: systemClock,
    log: silentLog,
    metrics,
    metadata: NO_METADATA,
    frames: shareFrames(metrics),
    environment: {},
    ...more,
  }
}

/** A writer that opens at its first write, as the kinds' code is loaded then. */
export function openListed(yaml: string, view: SeriesView, more: Partial<WriterDeps> = {}): Writer {
  const opened = openWriter(destinationOf(yaml), view, writerDeps(more))
  return {
    takesExemplars: true,
    async write(parcels, signal): Promise<WriteResult> {
      return await (await opened).write(parcels, signal)
    },
    forget(ids) {
      void opened.then((writer) => writer.forget(ids))
    },
    async close() {
      await (await opened).close()
    },
  }
}
