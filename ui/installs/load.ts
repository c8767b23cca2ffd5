/** Asks what is installed and how it does, and takes it back. */
import type { Installation, InstalledTarget } from '../../src/model/install.ts'
import { ApiError, ask, change } from '../api/client.ts'

/** How many targets of an installation do how. */
export type HealthCounts = Readonly<Record<InstalledTarget['health'], number>>

/** An installation as lists show it. */
export interface RunningInstallation extends Installation {
  readonly health: HealthCounts
}

/** One of them with all of its targets. */
export interface WatchedInstallation {
  readonly installation: RunningInstallation
  readonly targets: readonly InstalledTarget[]
}

export async function loadInstalls(abort: AbortSignal): Promise<readonly RunningInstallation[]> {
  const { data } = await ask<{ installs: readonly RunningInstallation[] }>(
    'hub/installs',
    {},
    abort,
  )
  return data.installs
}

/** Undefined where there is none of that name. */
export async function loadInstall(
  name: string,
  abort: AbortSignal,
): Promise<WatchedInstallation | undefined> {
  const installation = (await loadInstalls(abort)).find((each) => each.name === name)
  if (installation === undefined) return undefined
  const path = `hub/installs/${encodeURIComponent(name)}/targets`
  try {
    const { data } = await ask<{ targets: readonly InstalledTarget[] }>(path, {}, abort)
    return { installation, targets: data.targets }
  } catch (error) {
    // It was undone in between.
    if (error instanceof ApiError && error.kind === 'not_found') return undefined
    throw error
  }
}

export function undo(name: string): Promise<Installation> {
  return change('DELETE', `hub/installs/${encodeURIComponent(name)}`, '')
}
