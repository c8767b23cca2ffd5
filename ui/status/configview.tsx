/** The running configuration with line numbers, keys told from values. */
import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { CopyButton } from '../shell/copybutton.tsx'
import { ScrollBox } from '../shell/scrollbox.tsx'
import { yamlLine } from './yamlline.ts'

export function ConfigView({ yaml }: { yaml: string }): JSX.Element {
  const lines = useMemo(() => yaml.trimEnd().split('\n').map(yamlLine), [yaml])
  return (
    <div class="card status-card">
      <div class="config-head">
        <p class="soft">As it runs now; secrets are never shown.</p>
        <CopyButton label="Copy" text={() => yaml} />
      </div>
      <ScrollBox look="config" label="Configuration">
        <pre>
          {lines.map((parts, index) => (
            <code key={index} class="config-line">
              {parts.map(([kind, text], at) => (
                <span key={at} class={`yaml-${kind}`}>
                  {text}
                </span>
              ))}
              {'\n'}
            </code>
          ))}
        </pre>
      </ScrollBox>
    </div>
  )
}
