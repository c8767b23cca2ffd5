/** The list of shortcuts, opened by `?`. */
import type { JSX, RefObject } from 'preact'
import { Icon } from './icon.tsx'

const SECTIONS: readonly (readonly [string, readonly (readonly [readonly string[], string])[]])[] =
  [
    [
      'Anywhere',
      [
        [['g', 'e'], 'go to Explore'],
        [['g', 't'], 'go to Targets'],
        [['g', 's'], 'go to Status'],
        [['/'], 'to the expression or the filter'],
        [['t'], 'colours: system, light, dark'],
        [['?'], 'this help'],
      ],
    ],
    [
      'Explore',
      [
        [['r'], 'run every panel again'],
        [['a'], 'add a panel'],
        [['m'], 'search metrics'],
        [['['], 'earlier by half the range'],
        [[']'], 'later by half the range'],
        [['-'], 'twice the range'],
        [['='], 'half the range'],
      ],
    ],
    [
      'Expression',
      [
        [['Enter'], 'run'],
        [['Shift', 'Enter'], 'new line'],
        [['Ctrl', 'Space'], 'complete'],
        [['Esc'], 'close the list, then leave the field'],
      ],
    ],
    [
      'Graph',
      [
        [['drag'], 'zoom into the time between'],
        [['double click'], 'undo the last zoom'],
        [['click'], 'in the legend: show this series only'],
        [['Ctrl', 'click'], 'in the legend: hide or show it'],
      ],
    ],
  ]

export function Help({ dialog }: { dialog: RefObject<HTMLDialogElement | null> }): JSX.Element {
  return (
    <dialog class="help" ref={dialog} aria-labelledby="help-title">
      <header>
        <h2 id="help-title">Keys and gestures</h2>
        <button
          type="button"
          class="button bare icon-only"
          aria-label="Close"
          onClick={() => dialog.current?.close()}
        >
          <Icon name="remove" />
        </button>
      </header>
      <div class="help-columns">
        {SECTIONS.map(([title, rows]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {rows.map(([keys, does]) => (
                <Row key={does} keys={keys} does={does} />
              ))}
            </dl>
          </section>
        ))}
      </div>
    </dialog>
  )
}

function Row({ keys, does }: { keys: readonly string[]; does: string }): JSX.Element {
  return (
    <>
      <dt>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{does}</dd>
    </>
  )
}
