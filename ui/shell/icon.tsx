/** Small line drawings, one path each, 16 units wide. */
import type { JSX } from 'preact'

const PATHS = {
  add: 'M8 3v10M3 8h10',
  remove: 'M4 4l8 8M12 4l-8 8',
  play: 'M5 3.500v9l7-4.500z',
  history: 'M2.5 8a5.5 5.5 0 1 0 1.7-4M2.5 2.500V5H5M8 5v3.200l2 1.3',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM14 14l-3.4-3.4',
  braces: 'M6 2.500C4 2.5 5 7 3 8c2 1 1 5.5 3 5.500M10 2.500c2 0 1 4.5 3 5.5-2 1-1 5.5-3 5.5',
  clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.500V8l2.5 1.5',
  refresh: 'M13.5 8A5.5 5.5 0 1 1 11.8 4M13.5 2.500V5H11',
  left: 'M10 3L5 8l5 5',
  right: 'M6 3l5 5-5 5',
  down: 'M3.5 6L8 10.5 12.5 6',
  stack: 'M2 13V9l4-3 3 2 5-4v9zM2 9.5',
  tree: 'M3 3h4M5 3v9.500M5 8h4M5 12.500h4M12 8h.5M12 12.500h.5',
  zoomOut: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM14 14l-3.4-3.400M5 7h4',
  link: 'M6.5 9.500l3-3M7 4.500l1.5-1.500a3 3 0 0 1 4.5 4.500L11.5 9M9 11.500L7.5 13A3 3 0 0 1 3 8.500L4.5 7',
  info: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.300V11M8 5v.1',
  warn: 'M8 2.500L14.5 13.500h-13zM8 6.500v3.200M8 11.500v.1',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1.500v1M8 13.500v1M1.5 8h1M13.5 8h1M3.4 3.400l.7.7M11.9 11.900l.7.7M3.4 12.600l.7-.7M11.9 4.100l.7-.7',
  moon: 'M13.5 9.500A6 6 0 0 1 6.5 2.500a6 6 0 1 0 7 7z',
  auto: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 2v12M8 5l4-1M8 8h6M8 11l4 1',
  help: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM6.3 6.300a1.8 1.8 0 1 1 2.5 1.700c-.6.3-.8.6-.8 1.200M8 11.300v.1',
  floor: 'M2 13.500h12M4 10l3-4 2 2 3-5',
  target: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 10.500a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
  send: 'M2.5 8h10.5M9 4l4 4-4 4',
  user: 'M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.500 14a5.5 5.5 0 0 1 11 0',
  inbox: 'M2.500 9.500V13.500h11V9.500M8 2.500v7M5 6.500l3 3 3-3',
} as const

export type IconName = keyof typeof PATHS

/** Decoration only: the control that holds it carries the name. */
export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}

/** The fennel stalk with the ember inside. */
export function Brand(): JSX.Element {
  return (
    <svg viewBox="0 0 22 26" fill="none" stroke-width="2" stroke-linecap="round" aria-hidden="true">
      <g class="stalk">
        <path d="M11 25V11" />
        <path d="M11 22.500c-4.8 0-7-2.3-7.8-6" />
        <path d="M11 18.500c4.8 0 7-2.3 7.8-6" />
      </g>
      <circle class="ember" cx="11" cy="5.5" r="4.5" />
    </svg>
  )
}
