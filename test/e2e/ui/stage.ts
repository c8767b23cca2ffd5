/** A hub and a browser for the tests of one file. */
import { after, before } from 'node:test'
import type { Browser } from 'playwright-core'
import {
  missingComponents,
  startRole,
  type TestProcess,
  temporaryFolder,
} from '../../support/processes.ts'
import { startBrowser } from './browser.ts'

export interface HubStage {
  /** Why its tests cannot run; undefined when they can. */
  readonly skip: string | undefined
  /** Of the hub's data. */
  readonly folder: string
  readonly browser: Browser
  readonly hub: TestProcess
}

/** Starts both before the tests, and ends them behind. */
export function hubStage(name: string): HubStage {
  const skip = missingComponents('chromium')
  const folder = temporaryFolder(name)
  const data = `${folder.path}/data`
  let started: { browser: Browser; hub: TestProcess } | undefined
  const parts = (): { browser: Browser; hub: TestProcess } => {
    if (started === undefined) throw new Error('BUG: nothing is started before the tests')
    return started
  }
  before(async () => {
    if (skip !== undefined) return
    const browser = await startBrowser()
    const hub = await startRole('hub', [`--storage.path=${data}`, '--log.level=error'])
    started = { browser, hub }
  })
  after(async () => {
    await Promise.all([started?.browser.close(), started?.hub.kill()])
    folder.remove()
  })
  return {
    skip,
    folder: data,
    get browser() {
      return parts().browser
    },
    get hub() {
      return parts().hub
    },
  }
}
