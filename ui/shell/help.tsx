/** The list of shortcuts, opened by `?`. */
import type { JSX, RefObject } from 'preact'
import { DialogHead } from './dialoghead.tsx'
import { hasPage, pages } from './router.ts'

type Row = readonly [keys: readonly string[], does: string]

const ANYWHERE: readonly Row[] = [
  ...pages
    .filter(({ menuOf }) => menuOf === undefined)
    .map(({ title, key }): Row => [['g', key], `go to ${title}`]),
  [['/'], hasPage('explore') ? 'to the expression or the filter' : 'to the filter'],
  [['t'], 'colours: system, light, dark'],
  [['?'], 'this help'],
]

const OF_EXPLORE: readonly (readonly [string, readonly Row[]])[] = [
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

const OF_HUB: readonly (readonly [string, readonly Row[]])[] = [
  [
    'Catalogue and registry',
    [
      [['↓'], 'from the filter into the list, and on'],
      [['↑'], 'back, and to the filter'],
      [['u'], 'from an entry up to the list'],
      [['f'], 'mark the entry as a favourite, or take the mark away'],
      [['Ctrl', 's'], 'in the editor: save'],
    ],
  ],
]

const SECTIONS: readonly (readonly [string, readonly Row[]])[] = [
  ['Anywhere', ANYWHERE],
  ...(hasPage('explore') ? OF_EXPLORE : []),
  ...(hasPage('catalogue') ? OF_HUB : []),
]

export function Help({ dialog }: { dialog: RefObject<HTMLDialogElement | null> }): JSX.Element {
  return (
    <dialog class="help" ref={dialog} aria-labelledby="help-title">
      <DialogHead id="help-title" title="Keys and gestures" dialog={dialog} />
      <div class="help-columns">
        {SECTIONS.map(([title, rows]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {rows.map(([keys, does]) => (
                <KeyRow key={does} keys={keys} does={does} />
              ))}
            </dl>
          </section>
        ))}
      </div>
    </dialog>
  )
}

function KeyRow({ keys, does }: { keys: readonly string[]; does: string }): JSX.Element {
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
