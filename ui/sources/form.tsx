/** The settings of a source: for a new one, or for one that was added. */
import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AddedSource, SourceStatus } from '../../src/model/sources.ts'
import { ApiError, errorText } from '../api/client.ts'
import { Ago } from '../shell/ago.tsx'
import { Alert } from '../shell/listpage.tsx'
import { saveSource, type WantedSource } from './load.ts'

interface SourceFormProps {
  /** Undefined for a new one. */
  readonly source: (SourceStatus & { readonly added: AddedSource }) | undefined
  readonly onSaved: (name: string) => void
  /** Where the form can be left. */
  readonly onLeave?: () => void
}

type Texts = Readonly<Record<TextField, string>>
type TextField = 'name' | 'url' | 'repository' | 'branch' | 'path' | 'refreshInterval' | 'token'
type Reasons = Readonly<Partial<Record<string, string>>>

function textsOf(source: SourceFormProps['source']): Texts {
  const {
    url = '',
    repository = '',
    branch = '',
    path = '',
    refreshInterval = '1h',
  } = source?.added ?? {}
  return { name: source?.name ?? '', url, repository, branch, path, refreshInterval, token: '' }
}

export function SourceForm({ source, onSaved, onLeave }: SourceFormProps): JSX.Element {
  const [type, setType] = useState<WantedSource['type']>(source?.type === 'git' ? 'git' : 'github')
  const [texts, setTexts] = useState(textsOf(source))
  const [isTokenless, setTokenless] = useState(false)
  const [reasons, setReasons] = useState<Reasons>({})
  const [failure, setFailure] = useState('')
  const [isSaving, setSaving] = useState(false)

  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const { name, url, repository, branch, path, refreshInterval, token } = texts
    const place = type === 'git' ? { url, repository: '' } : { url, repository }
    const secret = isTokenless ? { token: '' } : token === '' ? {} : { token }
    setSaving(true)
    setFailure('')
    setReasons({})
    try {
      const wanted = { type, ...place, branch, path, refreshInterval, ...secret }
      await saveSource(name.trim(), wanted, source?.added.version ?? 0)
      onSaved(name.trim())
    } catch (error) {
      const problems = error instanceof ApiError ? error.problems : []
      const told = Object.fromEntries(problems.map(({ field, reason }) => [field, reason]))
      setReasons(told)
      const isTold = problems.length > 0 && problems.every(({ field }) => field !== '')
      setFailure(isTold ? '' : errorText(error))
    }
    setSaving(false)
  }

  const field = (
    id: TextField,
    label: string,
    more: Omit<FieldProps, 'id' | 'label' | 'value' | 'reason' | 'onText'> = {},
  ): JSX.Element => (
    <Field
      id={id}
      label={label}
      value={texts[id]}
      reason={reasons[id] ?? ''}
      onText={(text) => setTexts({ ...texts, [id]: text })}
      {...more}
    />
  )

  return (
    <form class="card source-form" aria-label="Settings of the source" onSubmit={save}>
      <h2>{source === undefined ? 'A new source' : 'Settings'}</h2>
      <div class="source-fields">
        {source === undefined &&
          field('name', 'Name', { isFirst: true, hint: 'small letters, digits and dashes' })}
        <TypeChoice type={type} onType={setType} />
        {type === 'github' && field('repository', 'Repository', { example: 'owner/name' })}
        {type === 'github' &&
          field('url', 'Address of the API', {
            example: 'https://api.github.com',
            hint: 'only for GitHub Enterprise or a mirror',
          })}
        {type === 'git' &&
          field('url', 'Address', { example: 'https://git.example/team/content.git' })}
        {field('branch', 'Branch', { example: 'its own' })}
        {field('path', 'Folder', { example: 'all of it' })}
        {field('refreshInterval', 'Refresh every', { example: '1h' })}
        {field('token', 'Token', {
          isSecret: true,
          isOff: isTokenless,
          example: source?.added.hasToken === true ? 'stays as it is' : 'none',
          hint: 'kept encrypted, never shown again',
        })}
        {source?.added.hasToken === true && (
          <label class="source-check">
            <input
              type="checkbox"
              checked={isTokenless}
              onChange={(event) => setTokenless(event.currentTarget.checked)}
            />
            Forget its token
          </label>
        )}
      </div>
      <Alert text={failure} />
      <div class="source-buttons">
        <button type="submit" class="button primary" disabled={isSaving}>
          {source === undefined ? 'Add and refresh' : 'Save and refresh'}
        </button>
        {onLeave !== undefined && (
          <button type="button" class="button" onClick={onLeave}>
            Cancel
          </button>
        )}
        {source !== undefined && (
          <span class="soft">
            Changed <Ago timeMs={source.added.changedMs} never="never" /> by{' '}
            {source.added.changedBy}
          </span>
        )}
      </div>
    </form>
  )
}

interface TypeChoiceProps {
  readonly type: WantedSource['type']
  readonly onType: (type: WantedSource['type']) => void
}

function TypeChoice({ type, onType }: TypeChoiceProps): JSX.Element {
  const choices = [
    ['github', 'GitHub'],
    ['git', 'Git repository'],
  ] as const
  return (
    <fieldset class="source-field source-type">
      <legend>Kind</legend>
      <div class="button-group">
        {choices.map(([each, word]) => (
          <button
            key={each}
            type="button"
            class="button"
            aria-pressed={each === type}
            onClick={() => onType(each)}
          >
            {word}
          </button>
        ))}
      </div>
    </fieldset>
  )
}

interface FieldProps {
  readonly id: TextField
  readonly label: string
  readonly value: string
  /** '' or why it is not taken. */
  readonly reason: string
  readonly onText: (text: string) => void
  /** What stands in it while it is empty. */
  readonly example?: string
  readonly hint?: string
  readonly isFirst?: boolean
  readonly isSecret?: boolean
  readonly isOff?: boolean
}

const TEXT_KIND = { type: 'text', autocomplete: 'off' } as const
const SECRET_KIND = { type: 'password', autocomplete: 'new-password' } as const

function Field(props: FieldProps): JSX.Element {
  const { id, label, value, reason, onText, hint = '', isSecret = false } = props
  return (
    <div class="source-field">
      <label for={`source-${id}`}>{label}</label>
      <input
        id={`source-${id}`}
        class="field"
        {...(isSecret ? SECRET_KIND : TEXT_KIND)}
        spellcheck={false}
        placeholder={props.example ?? ''}
        disabled={props.isOff === true}
        value={value}
        aria-invalid={reason !== ''}
        aria-describedby={`source-${id}-hint`}
        ref={props.isFirst === true ? focusFirst : null}
        onInput={(event) => onText(event.currentTarget.value)}
      />
      <Hint id={`source-${id}-hint`} isReason={reason !== ''}>
        {reason === '' ? hint : reason}
      </Hint>
    </div>
  )
}

interface HintProps {
  readonly id: string
  readonly isReason: boolean
  readonly children: ComponentChildren
}

function Hint({ id, isReason, children }: HintProps): JSX.Element {
  return (
    <span
      id={id}
      class={isReason ? 'source-reason' : 'faint'}
      role={isReason ? 'alert' : undefined}
    >
      {children}
    </span>
  )
}

/** When the form opens, and not when a person has gone elsewhere in it. */
function focusFirst(input: HTMLInputElement | null): void {
  if (input !== null && input.value === '' && document.activeElement === document.body)
    input.focus()
}
