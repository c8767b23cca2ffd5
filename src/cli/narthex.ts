/** `narthex`: names the roles and tools. */

import { VERSION } from '../base/version.ts'
import { tolerateClosedPipe } from './pipe.ts'

const HELP = `narthex ${VERSION}: finds what to monitor, collects it, keeps it, answers questions about it.

Usage: narthex <command> [flags]

  up        all in one: scrape, store, query and the pages on one port
  server    keeps what is pushed and answers, or lets an existing engine answer
  agent     scrapes and passes on, keeps nothing on disk
  gateway   takes what agents and others push, and passes it on
  ingester  reads topics of Kafka, and passes them on
  hub       keeps what is to be monitored, and tells it to those who scrape
  check     looks at files before they are used: narthex check config FILE

  narthex <command> --help   flags of one command
  narthex --version          the version

Start with \`narthex up\` and open the address that it prints.
`

function main(argv: readonly string[]): number {
  const word = argv.at(0)
  if (word === '--version' || word === 'version') {
    console.log(`narthex ${VERSION} (Node.js ${process.version})`)
    return 0
  }
  if (word === undefined || word === '--help' || word === '-h' || word === 'help') {
    console.log(HELP)
    return word === undefined ? 2 : 0
  }
  console.error(`cannot run narthex: unknown command ${JSON.stringify(word)}, see narthex --help`)
  return 2
}

tolerateClosedPipe()
process.exitCode = main(process.argv.slice(2))
