/** The tools of `narthex hub` by the first word that calls them; each is loaded when it is called. */
import type { HubTool } from './tool.ts'

type Load = () => Promise<readonly HubTool[]>

const loadInstall: Load = async () => (await import('./install.ts')).INSTALL_TOOLS

/** A word may call one tool, or several by the word behind it. */
export const HUB_TOOLS: Readonly<Record<string, Load>> = {
  install: loadInstall,
  installs: loadInstall,
  uninstall: loadInstall,
  export: loadInstall,
  groups: async () => (await import('./documents.ts')).GROUP_TOOLS,
  services: async () => (await import('./documents.ts')).SERVICE_TOOLS,
  leases: async () => (await import('./leases.ts')).LEASE_TOOLS,
  changes: async () => (await import('./changes.ts')).CHANGE_TOOLS,
  users: async () => (await import('./accounts.ts')).USER_TOOLS,
  tokens: async () => (await import('./accounts.ts')).TOKEN_TOOLS,
  refresh: async () => (await import('./sources.ts')).REFRESH_TOOLS,
  sources: async () => (await import('./sources.ts')).SOURCE_TOOLS,
}
