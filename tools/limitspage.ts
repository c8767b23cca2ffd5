/** docs/limits.md, made from the table of bounds. */
import type { Limit } from './limit.ts'
import { LIMITS } from './limits.ts'

const INTRO = `# Limits

Made by \`npm run docs\` from the constants in the code. Everything that grows with what others send has a bound; a value of 400
means never send this again, 413 and 422 that it is too much, 429 and 503 (with \`Retry-After\`) that it may work later. Bounds
without a flag are built in.
`

export function limitsPage(): string {
  const sections = Object.entries(LIMITS).map(([title, limits]) =>
    [
      `\n## ${title}\n`,
      '| bound on | default | set by | beyond it | metric |',
      '| --- | --- | --- | --- | --- |',
      ...limits.map(limitLine),
    ].join('\n'),
  )
  return `${INTRO}${sections.join('\n')}\n`
}

function limitLine({ what, bound, by, beyond, metrics }: Limit): string {
  const shown = metrics.map((name) => `\`${name}\``).join(', ')
  return `| ${what} | ${bound} | ${by} | ${beyond} | ${shown} |`
}
