/** The flags of `narthex check config`. */
import type { CommandSpec } from './flags.ts'

export const CHECK: CommandSpec = {
  name: 'narthex check config',
  summary: 'Reads configuration files and says what is wrong in them. Exits with 1 if anything is.',
  arguments: '<files...>',
  flags: [
    { name: 'syntax-only', help: 'do not look for the files that the configuration names' },
    { name: 'agent', help: 'as an agent would read it: no rules, no alerts' },
  ],
}
