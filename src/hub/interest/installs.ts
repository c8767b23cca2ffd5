/** An installer whose installations count for the entries that they are of. */
import type { Installer } from '../../model/install.ts'
import type { Interest } from '../../model/interest.ts'

export function countInstalls(
  installer: Installer,
  interest: Pick<Interest, 'installed'>,
): Installer {
  return {
    preview: (request, by) => installer.preview(request, by),
    async install(request, by) {
      const installed = await installer.install(request, by)
      interest.installed(installed.entry)
      return installed
    },
    installs: () => installer.installs(),
    uninstall: (name) => installer.uninstall(name),
  }
}
