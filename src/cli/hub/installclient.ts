/** Installations of a server that runs, over its API. */
import type { Installation, Installer, InstallPlan } from '../../model/install.ts'
import type { HubClient } from './client.ts'

const INSTALLS = 'api/v1/hub/installs'

/** An installer that has a server do the work. */
export function openRemoteInstaller(client: HubClient): Installer {
  return {
    preview: ({ entry, targets, job }) =>
      client.call<InstallPlan>('POST', 'api/v1/hub/install/preview', {
        body: { entry, targets, job },
      }),
    install: ({ entry, targets, job }) =>
      client.call<Installation>('POST', 'api/v1/hub/install', { body: { entry, targets, job } }),
    installs: async () =>
      (await client.call<{ installs: Installation[] }>('GET', INSTALLS)).installs,
    uninstall: (name) =>
      client.call<Installation>('DELETE', `${INSTALLS}/${encodeURIComponent(name)}`),
  }
}
