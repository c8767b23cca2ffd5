/** On which targets: those where the entry was found, and those that a person types. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { InstallCandidate, InstallCandidates } from '../../src/model/install.ts'
import { Alert, Waiting } from '../shell/listpage.tsx'
import { tickedOf, type Wanted } from './wanted.ts'

/** Rows shown before a person asks for all, and from how many on they can be filtered. */
const FEW = 12

interface InstallTargetsProps {
  /** Of the entry; 0 for none. */
  readonly port: number
  /** Undefined until it is known. */
  readonly found: InstallCandidates | undefined
  /** '' or why it is not known. */
  readonly failure: string
  readonly wanted: Wanted
  /** What is wrong with targets. */
  readonly problems: readonly string[]
  readonly onWant: (change: Partial<Wanted>) => void
}

export function InstallTargets(props: InstallTargetsProps): JSX.Element {
  const { port, found, failure, wanted, problems, onWant } = props
  return (
    <section class="card install-card" aria-labelledby="install-targets">
      <h2 id="install-targets">Targets</h2>
      {found === undefined && failure === '' && <Waiting look="install-skeleton" />}
      <Alert text={failure} />
      {found !== undefined && <Found found={found} wanted={wanted} onWant={onWant} />}
      <label class="install-typed">
        {found !== undefined && found.targets.length > 0 ? 'Others' : 'Hosts'}
        <textarea
          class="field mono"
          rows={3}
          spellcheck={false}
          value={wanted.typed}
          placeholder={port > 0 ? `db1.example\ndb2.example:${port}` : 'db1.example:9100'}
          aria-invalid={problems.length > 0}
          aria-describedby="install-typed-note install-problems"
          onInput={(event) => onWant({ typed: event.currentTarget.value })}
        />
      </label>
      <p id="install-typed-note" class="faint">
        {port > 0
          ? `One on each line, host or host:port; without a port it is ${port}.`
          : 'One on each line, host:port.'}
      </p>
      <ul id="install-problems" class="install-problems" role="alert">
        {problems.map((problem) => (
          <li key={problem}>{problem}</li>
        ))}
      </ul>
    </section>
  )
}

interface FoundProps {
  readonly found: InstallCandidates
  readonly wanted: Wanted
  readonly onWant: (change: Partial<Wanted>) => void
}

function Found({ found, wanted, onWant }: FoundProps): JSX.Element {
  const { targets, warnings } = found
  const [text, setText] = useState('')
  const [isWhole, setWhole] = useState(false)
  const ticked = tickedOf(wanted, targets)
  const matching = targets.filter(({ address }) => address.includes(text.trim()))
  const shown = isWhole ? matching : matching.slice(0, FEW)
  const tick = (addresses: readonly string[], isOn: boolean): void => {
    const next = new Set(ticked)
    for (const address of addresses) {
      if (isOn) next.add(address)
      else next.delete(address)
    }
    onWant({ ticked: next })
  }
  const isAll = matching.length > 0 && matching.every(({ address }) => ticked.has(address))
  return (
    <>
      {warnings.map((warning) => (
        <p key={warning} class="note warn">
          {warning}
        </p>
      ))}
      {targets.length === 0 && (
        <p class="soft">It was found nowhere, and no registered target looks like it.</p>
      )}
      {targets.length > FEW && (
        <input
          class="field"
          type="search"
          aria-label="Filter the targets"
          placeholder="Filter by address"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      )}
      {matching.length > 1 && (
        <label class="install-target all">
          <input
            type="checkbox"
            checked={isAll}
            onChange={() =>
              tick(
                matching.map(({ address }) => address),
                !isAll,
              )
            }
          />
          <span>{`All ${matching.length}`}</span>
        </label>
      )}
      <ul class="install-targets">
        {shown.map((target) => (
          <li key={target.address}>
            <Target
              target={target}
              isOn={ticked.has(target.address)}
              onTick={(isOn) => tick([target.address], isOn)}
            />
          </li>
        ))}
      </ul>
      {matching.length > shown.length && (
        <button type="button" class="button bare" onClick={() => setWhole(true)}>
          {`Show all ${matching.length}`}
        </button>
      )}
    </>
  )
}

interface TargetProps {
  readonly target: InstallCandidate
  readonly isOn: boolean
  readonly onTick: (isOn: boolean) => void
}

function Target({ target, isOn, onTick }: TargetProps): JSX.Element {
  const { address, by, jobs } = target
  return (
    <label class="install-target">
      <input
        type="checkbox"
        checked={isOn}
        onChange={(event) => onTick(event.currentTarget.checked)}
      />
      <span class="mono">{address}</span>
      {by === 'metrics' ? (
        <span class="badge good">recognised</span>
      ) : (
        <span class="badge" title="By the job or the port under which it is registered">
          registered
        </span>
      )}
      {jobs.length > 0 && <span class="faint">{`scraped by ${jobs.join(', ')}`}</span>}
    </label>
  )
}
