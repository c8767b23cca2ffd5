/** Copies a text; absent where the browser has no clipboard, as over plain HTTP. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Icon } from './icon.tsx'

const SAID_MS = 1600

interface CopyButtonProps {
  readonly label: string
  readonly text: () => string
}

export function CopyButton({ label, text }: CopyButtonProps): JSX.Element | null {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = window.setTimeout(() => setCopied(false), SAID_MS)
    return () => window.clearTimeout(timer)
  }, [copied])
  if (navigator.clipboard === undefined) return null
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text())
    setCopied(true)
  }
  return (
    <>
      <button type="button" class="button bare" onClick={() => void copy()}>
        <Icon name="link" />
        {copied ? 'Copied' : label}
      </button>
      <span class="sr-only" role="status">
        {copied ? 'Copied' : ''}
      </span>
    </>
  )
}
