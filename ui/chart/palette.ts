/** Colours of lines and axes, for canvas, which knows no style sheet. */

const LIGHT = [
  '#c2490d',
  '#23804a',
  '#1c68b5',
  '#7a3fb8',
  '#a67400',
  '#0b7f7f',
  '#c0265e',
  '#55646e',
  '#5f8500',
  '#3b4cc0',
  '#8a5324',
  '#a11f8b',
]
const DARK = [
  '#ff8f55',
  '#6fce86',
  '#62aaf7',
  '#bd92f5',
  '#e8bd42',
  '#43c6c1',
  '#f5759f',
  '#a5b6c1',
  '#aed24c',
  '#949fff',
  '#d3a06c',
  '#e78bd8',
]

/** The colour of the series at an index; it comes again after twelve. */
export function seriesColor(index: number, dark: boolean): string {
  const colors = dark ? DARK : LIGHT
  return colors[index % colors.length]
}

/** The same colour, thinned for areas. */
export function areaColor(index: number, dark: boolean, alpha: number): string {
  const hex = seriesColor(index, dark)
  const part = (at: number): number => Number.parseInt(hex.slice(at, at + 2), 16)
  return `rgba(${part(1)}, ${part(3)}, ${part(5)}, ${alpha})`
}

/** Colours of what stands around the lines. */
export function axisColors(dark: boolean): { text: string; grid: string; border: string } {
  return dark
    ? { text: '#93a298', grid: '#1f2a24', border: '#3a4a41' }
    : { text: '#5d6b62', grid: '#e7ece4', border: '#c3cdc1' }
}
