/** Where a file comes from: chosen, dropped here, or pasted as text. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { DocumentKind } from '../../src/model/registry.ts'
import { Icon } from '../shell/icon.tsx'
import type { ImportFile } from './plans.ts'
import { typeOfName, typeOfText } from './typed.ts'

/** A text is looked at once nobody has typed for so long, in ms. */
const REST_MS = 400

const EXAMPLES: Readonly<Record<DocumentKind, string>> = {
  group: 'group,target,env\nweb,10.0.1.1:80,prod\nweb,10.0.1.2:80,prod',
  service:
    'my-db:\n  labels: {dbms: MySQL}\n  nodes:\n    - host: 10.0.0.11\n      exporters: [{job: mysqld, port: 9104}]',
}

interface ImportSourceProps {
  readonly kind: DocumentKind
  readonly file: ImportFile | undefined
  readonly onFile: (file: ImportFile) => void
  /** Forgets the file. */
  readonly onDrop: () => void
}

export function ImportSource({ kind, file, onFile, onDrop }: ImportSourceProps): JSX.Element {
  const [isOver, setIsOver] = useState(false)
  const choose = async (chosen: File | undefined): Promise<void> => {
    if (chosen === undefined) return
    const type = typeOfName(chosen.name) ?? typeOfText(await chosen.slice(0, 4096).text())
    onFile({ name: chosen.name, type, content: chosen })
  }
  const over = (event: DragEvent): void => {
    event.preventDefault()
    setIsOver(true)
  }
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setIsOver(false)
    void choose(event.dataTransfer?.files[0])
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping a file is a short cut for the chooser inside
    <div
      class={isOver ? 'card import-source is-over' : 'card import-source'}
      onDragOver={over}
      onDragLeave={() => setIsOver(false)}
      onDrop={drop}
    >
      <div class="import-choose">
        <Icon name="inbox" />
        <label class="button">
          {file === undefined || file.name === '' ? 'Choose a file' : 'Choose another file'}
          <input
            class="sr-only"
            type="file"
            accept={kind === 'group' ? '.csv,.yaml,.yml,.json' : '.yaml,.yml,.json'}
            onChange={(event) => {
              void choose(event.currentTarget.files?.[0])
              event.currentTarget.value = ''
            }}
          />
        </label>
        <span class="soft">
          {file === undefined || file.name === ''
            ? `or drop it here: ${kind === 'group' ? 'CSV, YAML or JSON' : 'YAML or JSON'}`
            : file.name}
        </span>
        {file !== undefined && file.name !== '' && (
          <button type="button" class="button bare" onClick={onDrop}>
            Take it away
          </button>
        )}
      </div>
      {(file === undefined || file.name === '') && <Paste kind={kind} onFile={onFile} />}
    </div>
  )
}

function Paste(props: Pick<ImportSourceProps, 'kind' | 'onFile'>): JSX.Element {
  const { kind, onFile } = props
  const [timer, setTimer] = useState<number>()
  const change = (text: string): void => {
    window.clearTimeout(timer)
    if (text.trim() === '') return
    const look = (): void => {
      onFile({ name: '', type: typeOfText(text), content: new Blob([text]) })
    }
    setTimer(window.setTimeout(look, REST_MS))
  }
  return (
    <label class="import-paste">
      <span class="soft">or paste its text</span>
      <textarea
        class="field mono"
        rows={7}
        spellcheck={false}
        placeholder={EXAMPLES[kind]}
        onInput={(event) => change(event.currentTarget.value)}
      />
    </label>
  )
}
