/** Keys that work anywhere outside a text field; each page adds its own while it is shown. */

/** One shortcut; `keys` are pressed one after the other. */
export interface Shortcut {
  readonly keys: readonly string[]
  readonly run: () => void
}

const SEQUENCE_MS_MAX = 900
const registered: (readonly Shortcut[])[] = []
let pressed: string[] = []
let pressedAtMs = 0

/** Adds shortcuts until the returned function is called. */
export function addShortcuts(shortcuts: readonly Shortcut[]): () => void {
  registered.push(shortcuts)
  return () => {
    registered.splice(registered.indexOf(shortcuts), 1)
  }
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return
  if (event.timeStamp - pressedAtMs > SEQUENCE_MS_MAX) pressed = []
  pressedAtMs = event.timeStamp
  pressed.push(event.key)
  pressed = pressed.slice(-2)
  const hit = findShortcut()
  if (hit === undefined) return
  pressed = []
  event.preventDefault()
  hit.run()
})

/** The newest registration wins, and two keys win over one. */
function findShortcut(): Shortcut | undefined {
  const all = registered.toReversed().flat()
  const sequence = all.find((s) => s.keys.length === 2 && s.keys.every((k, i) => k === pressed[i]))
  return sequence ?? all.find((s) => s.keys.length === 1 && s.keys[0] === pressed.at(-1))
}

/** The editor lies in a shadow tree, so the path is asked, not the target. */
function isTyping(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0]
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
}
