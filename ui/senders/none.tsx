/** What the page says where nobody has sent yet: how an agent begins. */
import type { JSX } from 'preact'
import { apiUrl, askIfKnown } from '../api/client.ts'
import { usePolled } from '../api/polled.ts'
import { CodeBox } from '../shell/codebox.tsx'
import { Icon } from '../shell/icon.tsx'
import { streamAddress } from './streamaddress.ts'

export function NoSenders(): JSX.Element {
  const { data: address } = usePolled(loadAddress, 0)
  return (
    <div class="card empty">
      <Icon name="inbox" />
      <strong>Nobody has sent anything yet</strong>
      <span>An agent on any host that reaches this one can begin with one of these.</span>
      {address !== undefined && address !== '' && (
        <CodeBox
          title="By the stream, which takes the fewest bytes"
          text={streamCommand(address)}
        />
      )}
      <CodeBox
        title="By remote write, as Prometheus and others do"
        text={`narthex agent --remote-write.url=${apiUrl('write')}\n`}
      />
    </div>
  )
}

function streamCommand(address: string): string {
  return `cat > agent.yml <<'END'
narthex:
  host: {mode: 'on'}
  loopback: {mode: 'on'}
  destinations:
    - {name: gateway, type: gateway, addresses: ['${address}']}
END
narthex agent --config.file=agent.yml
`
}

/** Where agents connect, '' where the role does not say. */
async function loadAddress(abort: AbortSignal): Promise<string> {
  const flags = await askIfKnown<Readonly<Record<string, string>>>('status/flags', {}, abort)
  return streamAddress(flags?.['gateway.grpc-address'] ?? '', location.hostname)
}
