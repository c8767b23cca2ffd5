/** The tabs of an entry: those that have something to show. */
import type { EntryDetail } from '../../src/model/catalogue.ts'

export type TabName = 'exporter' | 'iac' | 'rules' | 'dashboard' | 'metrics'

type Tab = readonly [TabName, string]

/** In order. */
export function tabsOf({ files, content, metrics }: EntryDetail): Tab[] {
  const tabs: readonly (readonly [boolean, TabName, string])[] = [
    [content.E && files.readme !== '', 'exporter', 'Exporter'],
    [content.I && files.helm !== '', 'iac', 'IaC'],
    [content.A && files.alerts !== '', 'rules', 'Alerting rules'],
    [content.G && files.dashboard !== '', 'dashboard', 'Dashboard'],
    [metrics.length > 0, 'metrics', 'Metrics'],
  ]
  return tabs.filter(([isThere]) => isThere).map(([, name, title]) => [name, title])
}

/** The tab of a query string, the first where it names none; undefined where there is none. */
export function chosenTab(search: string, tabs: readonly Tab[]): TabName | undefined {
  const asked = new URLSearchParams(search).get('tab')
  return (tabs.find(([name]) => name === asked) ?? tabs.at(0))?.[0]
}

const FILES: Readonly<Record<TabName, readonly string[]>> = {
  exporter: ['README.md'],
  iac: ['helm.yaml'],
  rules: ['alerts.yaml', 'alerts_test.yaml'],
  dashboard: ['dashboard.json'],
  metrics: ['sample.prom'],
}

/** The files that a tab shows. */
export function filesOfTab(tab: TabName | undefined): readonly string[] {
  return tab === undefined ? [] : FILES[tab]
}
