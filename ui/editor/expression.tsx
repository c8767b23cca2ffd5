/** The field for an expression: usable as plain text at once, an editor as soon as it is there. */
import { type Signal, useSignalEffect } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Editor } from './editor.ts'
import './expression.css'

interface ExpressionProps {
  readonly text: Signal<string>
  readonly onRun: () => void
}

export function Expression({ text, onRun }: ExpressionProps): JSX.Element {
  const host = useRef<HTMLDivElement>(null)
  const editor = useRef<Editor>(undefined)
  const plain = useRef<HTMLTextAreaElement>(null)
  const [ready, setReady] = useState(false)

  useEffect(() => {
    let closed = false
    void import('./editor.ts').then(({ openEditor }) => {
      if (closed || host.current === null) return
      const hadFocus = document.activeElement === plain.current
      editor.current = openEditor(host.current, text.peek(), {
        onChange: (next) => {
          text.value = next
        },
        onRun,
      })
      setReady(true)
      if (hadFocus) editor.current.focus()
    })
    return () => {
      closed = true
      editor.current?.close()
    }
  }, [text, onRun])

  useSignalEffect(() => editor.current?.setText(text.value))

  const runOnEnter = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey) return
    event.preventDefault()
    onRun()
  }

  return (
    <div class="expression">
      <div ref={host} class="expression-editor" />
      {!ready && (
        <textarea
          ref={plain}
          class="expression-plain"
          rows={1}
          aria-label="PromQL expression"
          placeholder="PromQL expression"
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value
          }}
          onKeyDown={runOnEnter}
        />
      )}
    </div>
  )
}
