/** The running configuration with line numbers, keys told from values. */
import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { CopyButton } from '../shell/copybutton.tsx'
import { yamlLine } from './yamlline.ts'

export function ConfigView({ yaml }: { yaml: string }): JSX.Element {
  const lines = useMemo(() => yaml.trimEnd().split('\n').map(yamlLine), [yaml])
  return (
    <div class="card status-card">
      <div class="config-head">
        <p class="soft">As it runs now; secrets are never shown.</p>
        <CopyButton label="Copy" text={() => yaml} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keys */}
      <section class="config" tabIndex={0} aria-label="Configuration">
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
      </section>
    </div>
  )
}
