/** The same as files for who has Prometheus, Alertmanager and Grafana. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { ExportFile, InstallRequest } from '../../src/model/install.ts'
import { errorText } from '../api/client.ts'
import { CopyButton } from '../shell/copybutton.tsx'
import { Icon } from '../shell/icon.tsx'
import { Alert } from '../shell/listpage.tsx'
import { loadArchive, loadFiles } from './installload.ts'

interface InstallFilesProps {
  readonly request: InstallRequest
  /** Of the installation. */
  readonly name: string
}

/** What each is for. */
const USES: Readonly<Record<string, string>> = {
  'scrape.yml': 'the job, for scrape_config_files of Prometheus 2.43 or newer',
  'prometheus.yml': 'job and rules as a whole configuration, also for older ones',
  'rules.yml': 'the alerts, for rule_files',
  'alertmanager.yml': 'a route for each severity, to be taken into yours',
  'dashboard.json': 'for Grafana: Dashboards, New, Import',
  'README.md': 'all of this in words',
}

export function InstallFiles({ request, name }: InstallFilesProps): JSX.Element {
  const [files, setFiles] = useState<readonly ExportFile[]>([])
  const [failure, setFailure] = useState('')
  const key = JSON.stringify(request)
  useEffect(() => {
    let isOver = false
    loadFiles(JSON.parse(key) as InstallRequest).then(
      (next) => {
        if (isOver) return
        setFiles(next)
        setFailure('')
      },
      (error: unknown) => {
        if (!isOver) setFailure(errorText(error))
      },
    )
    return () => {
      isOver = true
    }
  }, [key])
  const archive = `${name}.tar.gz`
  const saveAll = async (): Promise<void> => {
    try {
      save(archive, await loadArchive(request, archive))
    } catch (error) {
      setFailure(errorText(error))
    }
  }
  return (
    <section class="card install-card" aria-labelledby="install-files">
      <div class="install-files-head">
        <h2 id="install-files">For Prometheus, Alertmanager and Grafana</h2>
        <button type="button" class="button" onClick={() => void saveAll()}>
          <Icon name="inbox" />
          {archive}
        </button>
      </div>
      <Alert text={failure} />
      <ul class="install-files">
        {files.map((file) => (
          <li key={file.name}>
            <span class="mono">{file.name}</span>
            <span class="soft">{USES[file.name]}</span>
            <span class="install-file-acts">
              <CopyButton label="Copy" text={() => file.text} />
              <button
                type="button"
                class="button bare"
                aria-label={`Download ${file.name}`}
                onClick={() => save(file.name, new Blob([file.text]))}
              >
                <Icon name="inbox" />
                Download
              </button>
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Has the browser keep it as a file. */
function save(name: string, content: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
