/** SIGHUP: caught before the rooms are loaded, since by default it ends a process that starts. */

let reload: (() => void) | undefined
let isDue = false

process.on('SIGHUP', () => {
  if (reload === undefined) isDue = true
  else reload()
})

/** Answers each SIGHUP from now on, and the one that came while the program started. */
export function onHangup(answer: () => void): void {
  reload = answer
  if (isDue) reload()
  isDue = false
}
