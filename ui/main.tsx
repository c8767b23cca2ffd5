/** Where the pages begin, and the only place that knows all of them. */
import { render } from 'preact'
import { type PageLoaders, Shell } from './shell/shell.tsx'
import './style/base.css'
import './style/controls.css'
import './style/lists.css'

const LOADERS: PageLoaders = {
  explore: async () => (await import('./explore/page.tsx')).ExplorePage,
  targets: async () => (await import('./targets/page.tsx')).TargetsPage,
  sending: async () => (await import('./sending/page.tsx')).SendingPage,
  senders: async () => (await import('./senders/page.tsx')).SendersPage,
  partitions: async () => (await import('./partitions/page.tsx')).PartitionsPage,
  catalogue: async () => (await import('./catalogue/page.tsx')).CataloguePage,
  installs: async () => (await import('./installs/page.tsx')).InstallsPage,
  sources: async () => (await import('./sources/page.tsx')).SourcesPage,
  registry: async () => (await import('./registry/page.tsx')).RegistryPage,
  accounts: async () => (await import('./accounts/page.tsx')).AccountsPage,
  status: async () => (await import('./status/page.tsx')).StatusPage,
  login: async () => (await import('./accounts/login.tsx')).LoginPage,
}

const root = document.getElementById('root')
if (root !== null) render(<Shell loaders={LOADERS} />, root)
