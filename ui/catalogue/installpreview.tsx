/** What exactly will be added: the job, the rules and the dashboard, and what of it is live at once. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { EntryDetail } from '../../src/model/catalogue.ts'
import type { InstallPlan } from '../../src/model/install.ts'
import { CodeBox } from '../shell/codebox.tsx'
import { Icon } from '../shell/icon.tsx'
import { Alert } from '../shell/listpage.tsx'
import { hasPage } from '../shell/router.ts'
import { Tabs } from '../shell/tabs.tsx'
import type { Preview } from './installload.ts'

type Pane = 'scrape' | 'rules' | 'dashboard'

const PANES: readonly (readonly [Pane, string])[] = [
  ['scrape', 'Scrape job'],
  ['rules', 'Rules'],
  ['dashboard', 'Dashboard'],
]

interface InstallPreviewProps {
  readonly preview: Preview
  /** Whether there is a target to make a plan for. */
  readonly isAsked: boolean
  readonly entry: EntryDetail
}

export function InstallPreview({ preview, isAsked, entry }: InstallPreviewProps): JSX.Element {
  const [pane, setPane] = useState<Pane>('scrape')
  const { plan, problems, failure, isCurrent } = preview
  const isOld = !isCurrent || problems.length > 0 || failure !== ''
  return (
    <section
      class={`install-preview ${isOld ? 'is-old' : ''}`}
      aria-label="What will be added"
      aria-busy={!isCurrent}
    >
      <Alert text={failure} />
      {plan?.notes.map((note) => (
        <p key={note} class="note warn">
          <Icon name="warn" />
          <span>{note}</span>
        </p>
      ))}
      {plan === undefined && !isAsked && (
        <div class="card empty">
          <Icon name="target" />
          <strong>Choose a target</strong>
          <span>The exact job, rules and dashboard are shown before anything is added.</span>
        </div>
      )}
      {plan !== undefined && (
        <>
          <div class="entry-tabs">
            <Tabs name="What will be added" tabs={PANES} chosen={pane} onChoose={setPane} />
          </div>
          <div role="tabpanel" aria-label={PANES.find(([each]) => each === pane)?.[1]}>
            <PaneOf plan={plan} pane={pane} entry={entry} />
          </div>
        </>
      )}
    </section>
  )
}

interface PaneProps {
  readonly plan: InstallPlan
  readonly pane: Pane
  readonly entry: EntryDetail
}

function PaneOf({ plan, pane, entry }: PaneProps): JSX.Element {
  const text = plan[pane]
  const { path, missing } = FILES[pane](plan.name)
  if (text === '') return <p class="card install-none soft">{`${entry.name} has ${missing}.`}</p>
  return (
    <>
      {hasPage('installs') && <p class="soft install-use">{USES[pane]}</p>}
      <CodeBox title={hasPage('installs') ? path : OTHERS[pane]} text={text} look="numbered" />
    </>
  )
}

/** Where each goes. */
const FILES: Readonly<Record<Pane, (name: string) => { path: string; missing: string }>> = {
  scrape: (name) => ({ path: `config.d/${name}.yml`, missing: 'no job' }),
  rules: (name) => ({ path: `config.d/rules/${name}.yml`, missing: 'no rules yet' }),
  dashboard: (name) => ({
    path: `config.d/dashboards/${name}.json`,
    missing: 'no dashboard yet',
  }),
}

/** What each is called where others use it. */
const OTHERS: Readonly<Record<Pane, string>> = {
  scrape: 'scrape.yml',
  rules: 'rules.yml',
  dashboard: 'dashboard.json',
}

const USES: Readonly<Record<Pane, string>> = {
  scrape: 'Live at once: its targets are scraped from the moment it is added.',
  rules:
    'Placed for later: nothing in narthex evaluates rules yet. Until then the file is for Prometheus.',
  dashboard:
    'Placed for later: narthex shows no dashboards yet. Until then the file is for Grafana.',
}
