/** The configuration with which Prometheus, vmagent or narthex finds its targets here. */
import type { JSX, RefObject } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { errorText, isAbort } from '../api/client.ts'
import { CodeBox } from '../shell/codebox.tsx'
import { DialogHead } from '../shell/dialoghead.tsx'
import { Alert } from '../shell/listpage.tsx'
import { Tabs } from '../shell/tabs.tsx'
import { loadScrapeConfig, type ScrapeConfigFor } from './load.ts'

const CONSUMERS: readonly (readonly [ScrapeConfigFor, string])[] = [
  ['prometheus', 'Prometheus'],
  ['vmagent', 'vmagent'],
  ['narthex', 'narthex'],
]

interface ScrapeConfigProps {
  readonly dialog: RefObject<HTMLDialogElement | null>
}

export function ScrapeConfigDialog({ dialog }: ScrapeConfigProps): JSX.Element {
  const [isOpen, setIsOpen] = useState(false)
  return (
    <dialog
      class="help registry-dialog"
      ref={dialog}
      aria-labelledby="scrape-config-title"
      onToggle={(event) => setIsOpen(event.currentTarget.open)}
    >
      <DialogHead id="scrape-config-title" title="Scrape configuration" dialog={dialog} />
      {isOpen && <ScrapeConfig />}
    </dialog>
  )
}

function ScrapeConfig(): JSX.Element {
  const [consumer, setConsumer] = useState<ScrapeConfigFor>('prometheus')
  const [job, setJob] = useState('')
  const [yaml, setYaml] = useState('')
  const [failure, setFailure] = useState('')
  useEffect(() => {
    const abort = new AbortController()
    loadScrapeConfig(consumer, job.trim(), abort.signal).then(
      (text) => {
        setYaml(text)
        setFailure('')
      },
      (error: unknown) => {
        if (!isAbort(error)) setFailure(errorText(error))
      },
    )
    return () => abort.abort()
  }, [consumer, job])
  return (
    <div class="registry-section">
      <div class="config-choices">
        <Tabs name="Consumer" tabs={CONSUMERS} chosen={consumer} onChoose={setConsumer} />
        <label>
          Only the job
          <input
            class="field"
            value={job}
            placeholder="all"
            onInput={(event) => setJob(event.currentTarget.value)}
          />
        </label>
      </div>
      <Alert text={failure} />
      <CodeBox
        title={consumer === 'prometheus' ? 'prometheus.yml' : `${consumer}.yml`}
        text={yaml}
      />
    </div>
  )
}
