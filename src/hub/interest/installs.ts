/** An installer whose installations count for the entries that they are of. */
import type { Installer } from '../../model/install.ts'
import type { Interest } from '../../model/interest.ts'

export function countInstalls(
  installer: Installer,
  interest: Pick<Interest, 'installed'>,
): Installer {
  return {
    preview: (request, by) => installer.preview(request, by),
    files: (request, by) => installer.files(request, by),
    async install(request, by) {
      const outcome = await installer.install(request, by)
      if ('done' in outcome) interest.installed(outcome.done.entry)
      return outcome
    },
    installs: () => installer.installs(),
    uninstall: (name) => installer.uninstall(name),
  }
}
