/** The difference of two texts: below each other, or side by side where there is room. */
import type { Signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { formatCount } from '../format/value.ts'
import { ScrollBox } from '../shell/scrollbox.tsx'
import { oneOf, stored } from '../shell/stored.ts'
import { type Diff, diffOf, ROWS_MAX, type Row, type Side } from './diffrows.ts'

type Look = 'unified' | 'split'

const look: Signal<Look> = stored('diff.look', 'unified', oneOf('unified', 'split'))

interface DiffViewProps {
  readonly a: string
  readonly b: string
  /** What is compared, for those who do not see it. */
  readonly name: string
  /** Below each other whatever somebody has chosen, where there is no room. */
  readonly isNarrow?: boolean
}

export function DiffView({ a, b, name, isNarrow = false }: DiffViewProps): JSX.Element {
  const diff = useMemo(() => diffOf(a, b), [a, b])
  const chosen = isNarrow ? 'unified' : look.value
  if (diff.added + diff.gone === 0) {
    return <p class="card diff-none soft">No difference: both have the same text.</p>
  }
  return (
    <div class="diff-view">
      <div class="diff-head">
        <Counts diff={diff} />
        {!isNarrow && <LookChoice />}
      </div>
      <ScrollBox look={`diff-box is-${chosen}`} label={name}>
        <table class="diff-table">
          <tbody>
            {diff.rows.map((row, index) => (
              <Rows key={index} row={row} look={chosen} />
            ))}
          </tbody>
        </table>
      </ScrollBox>
      {diff.cut > 0 && (
        <p class="soft">{`The first ${formatCount(ROWS_MAX)} rows are shown, ${formatCount(diff.cut)} more are not.`}</p>
      )}
    </div>
  )
}

function Counts({ diff }: { readonly diff: Diff }): JSX.Element {
  return (
    <p class="diff-counts">
      <span class="is-new">{`+${diff.added}`}</span>
      <span class="is-gone">{`−${diff.gone}`}</span>
      <span class="soft">lines</span>
    </p>
  )
}

function LookChoice(): JSX.Element {
  const choices: readonly (readonly [Look, string])[] = [
    ['unified', 'Unified'],
    ['split', 'Side by side'],
  ]
  return (
    <fieldset class="button-group diff-looks">
      <legend class="sr-only">How differences are shown</legend>
      {choices.map(([name, title]) => (
        <button
          key={name}
          type="button"
          class="button"
          aria-pressed={look.value === name}
          onClick={() => {
            look.value = name
          }}
        >
          {title}
        </button>
      ))}
    </fieldset>
  )
}

interface RowsProps {
  readonly row: Row
  readonly look: Look
}

function Rows({ row, look }: RowsProps): JSX.Element {
  if (row.kind === 'folded') return <Folded rows={row.rows} look={look} />
  if (look === 'split') return <SplitRow row={row} />
  if (row.kind === 'same') return <Line a={row.a.number} b={row.b.number} side={row.b} sign=" " />
  return (
    <>
      {row.a !== undefined && <Line a={row.a.number} b={undefined} side={row.a} sign="−" />}
      {row.b !== undefined && <Line a={undefined} b={row.b.number} side={row.b} sign="+" />}
    </>
  )
}

function Folded({ rows, look }: { rows: readonly Row[]; look: Look }): JSX.Element {
  const [isOpen, setIsOpen] = useState(false)
  if (isOpen) {
    return (
      <>
        {rows.slice(0, ROWS_MAX).map((row, index) => (
          <Rows key={index} row={row} look={look} />
        ))}
      </>
    )
  }
  return (
    <tr class="diff-folded">
      <td colSpan={6}>
        <button type="button" class="button bare" onClick={() => setIsOpen(true)}>
          {`${formatCount(rows.length)} lines the same`}
        </button>
      </td>
    </tr>
  )
}

/** What a sign means, for those who do not see it. */
const WORDS = { '+': 'new: ', '−': 'gone: ', ' ': '' } as const
const CLASSES = { '+': 'is-new', '−': 'is-gone', ' ': '' } as const

type Sign = keyof typeof WORDS

interface LineProps {
  readonly a: number | undefined
  readonly b: number | undefined
  readonly side: Side
  readonly sign: Sign
}

function Line({ a, b, side, sign }: LineProps): JSX.Element {
  return (
    <tr class={CLASSES[sign]}>
      <td class="diff-number">{a}</td>
      <td class="diff-number">{b}</td>
      <Text side={side} sign={sign} />
    </tr>
  )
}

function SplitRow({ row }: { readonly row: Exclude<Row, { kind: 'folded' }> }): JSX.Element {
  const isSame = row.kind === 'same'
  return (
    <tr>
      <td class="diff-number">{row.a?.number}</td>
      <Text side={row.a} sign={isSame ? ' ' : '−'} />
      <td class="diff-number">{row.b?.number}</td>
      <Text side={row.b} sign={isSame ? ' ' : '+'} />
    </tr>
  )
}

function Text({ side, sign }: { side: Side | undefined; sign: Sign }): JSX.Element {
  if (side === undefined) return <td class="diff-text is-nothing" />
  return (
    <td class={`diff-text ${CLASSES[sign]}`}>
      <span class="diff-sign" aria-hidden="true">
        {sign}
      </span>
      {WORDS[sign] !== '' && <span class="sr-only">{WORDS[sign]}</span>}
      {side.before}
      {side.middle !== '' && <mark>{side.middle}</mark>}
      {side.after}
    </td>
  )
}
