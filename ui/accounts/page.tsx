/** Accounts: who may come in, which browsers and programs do, and what was done. */
import { type Signal, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { FilterField, ListPage, useFilter } from '../shell/listpage.tsx'
import { Tabs } from '../shell/tabs.tsx'
import { AuditSection } from './audit.tsx'
import { SessionsSection } from './sessions.tsx'
import {
  type AccountsState,
  formatState,
  parseState,
  SECTIONS,
  type SectionName,
  stateOf,
} from './state.ts'
import { TokensSection } from './tokens.tsx'
import { UsersSection } from './users.tsx'
import './accounts.css'

const state: Signal<AccountsState> = signal(parseState(''))

export function AccountsPage(): JSX.Element {
  const field = useFilter('accounts', state, { parse: parseState, format: formatState })
  const { section, text, failed } = state.value
  const set = (next: AccountsState): void => {
    state.value = next
  }
  return (
    <ListPage look="accounts">
      <header class="page-head">
        <h1>Accounts</h1>
        <Tabs
          name="Sections"
          tabs={SECTIONS}
          chosen={section}
          onChoose={(next: SectionName) => set(stateOf(next))}
        />
        {section === 'audit' && (
          <div class="accounts-filter">
            <FilterField
              field={field}
              what="audit log"
              by="who, from, what or on"
              text={text}
              onText={(next) => set({ ...state.value, text: next, before: 0 })}
            />
            <button
              type="button"
              class="button"
              aria-pressed={failed}
              onClick={() => set({ ...state.value, failed: !failed, before: 0 })}
            >
              Only refused
            </button>
          </div>
        )}
      </header>
      <div role="tabpanel" aria-label={SECTIONS.find(([each]) => each === section)?.[1]}>
        {section === 'users' && <UsersSection />}
        {section === 'tokens' && <TokensSection />}
        {section === 'sessions' && <SessionsSection />}
        {section === 'audit' && <AuditSection state={state.value} onState={set} />}
      </div>
    </ListPage>
  )
}
