/** Installations of a server that runs, over its API. */
import type {
  ExportFile,
  Installation,
  Installer,
  InstallPlan,
  InstallRequest,
} from '../../model/install.ts'
import type { HubClient } from './client.ts'

const INSTALL = 'api/v1/hub/install'
const INSTALLS = 'api/v1/hub/installs'

/** An installer that has a server do the work; what it refuses is thrown with all that is wrong. */
export function openRemoteInstaller(client: HubClient): Installer {
  const post = async <T>(path: string, body: InstallRequest): Promise<{ done: T }> => ({
    done: await client.call<T>('POST', path, { body }),
  })
  return {
    preview: (request) => post<InstallPlan>(`${INSTALL}/preview`, request),
    files: async (request) => {
      const { done } = await post<{ files: readonly ExportFile[] }>(`${INSTALL}/export`, request)
      return { done: done.files }
    },
    install: (request) => post<Installation>(INSTALL, request),
    installs: async () =>
      (await client.call<{ installs: Installation[] }>('GET', INSTALLS)).installs,
    uninstall: (name) =>
      client.call<Installation>('DELETE', `${INSTALLS}/${encodeURIComponent(name)}`),
  }
}
