/** Installed: what was put to use from the catalogue, how it does, and the way back. */
import type { JSX } from 'preact'
import { below } from '../shell/router.ts'
import { InstallationPage } from './installationpage.tsx'
import { InstallList } from './list.tsx'
import './installs.css'

export function InstallsPage(): JSX.Element {
  const [name] = below.value
  return name === undefined ? <InstallList /> : <InstallationPage key={name} name={name} />
}
