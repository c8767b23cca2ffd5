/** What the page says where nothing leaves: what to write, and where. */
import type { JSX } from 'preact'
import { CodeBox } from '../shell/codebox.tsx'
import { Icon } from '../shell/icon.tsx'

const EXAMPLE = `remote_write:
  - name: central
    url: http://central.example:9390/api/v1/write
`

export function NoDestinations(): JSX.Element {
  return (
    <div class="card empty">
      <Icon name="send" />
      <strong>Nothing leaves this process</strong>
      <span>
        What is collected stays here. To pass it on as well, add a destination to the file that{' '}
        <code>--config.file</code> names, then reload it with <code>SIGHUP</code> or{' '}
        <code>POST /-/reload</code>.
      </span>
      <CodeBox title="prometheus.yml" text={EXAMPLE} />
    </div>
  )
}
