/** A button that opens a box below it; Escape, a click elsewhere or leaving it closes it. */
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

interface PopoverProps {
  /** What the button shows. */
  readonly face: ComponentChildren
  /** The button's name for those who do not see the face; its hint, too. */
  readonly name: string
  readonly buttonClass?: string
  /** Opens towards the end of the line instead of back over it. */
  readonly start?: boolean
  readonly children: (close: () => void) => ComponentChildren
}

export function Popover(props: PopoverProps): JSX.Element {
  const [open, setOpen] = useState(false)
  const anchor = useRef<HTMLSpanElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const close = (): void => {
    setOpen(false)
    button.current?.focus()
  }

  useEffect(() => {
    if (!open) return
    const leave = (event: Event): void => {
      if (!(event.target instanceof Node && anchor.current?.contains(event.target))) setOpen(false)
    }
    document.addEventListener('pointerdown', leave)
    document.addEventListener('focusin', leave)
    return () => {
      document.removeEventListener('pointerdown', leave)
      document.removeEventListener('focusin', leave)
    }
  }, [open])

  const closeByKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !open) return
    event.stopPropagation()
    close()
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only hears Escape from the controls inside
    <span class="popover-anchor" ref={anchor} onKeyDown={closeByKey}>
      <button
        type="button"
        ref={button}
        class={`button ${props.buttonClass ?? ''}`}
        aria-expanded={open}
        aria-haspopup="dialog"
        aria-label={props.name}
        title={props.name}
        onClick={() => setOpen(!open)}
      >
        {props.face}
      </button>
      {open && (
        <div
          class={props.start ? 'popover start' : 'popover'}
          role="dialog"
          aria-label={props.name}
        >
          {props.children(close)}
        </div>
      )}
    </span>
  )
}
