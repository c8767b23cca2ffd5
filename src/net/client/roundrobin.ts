/** A resolver that gives each connection another address of the same name. */
import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

/** Resolves a name to all its addresses; the system's way unless a test says another. */
type ResolveAll = (
  hostname: string,
  done: (
    error: NodeJS.ErrnoException | null,
    found: readonly { readonly address: string; readonly family: number }[],
  ) => void,
) => void

const resolveAll: ResolveAll = (hostname, done) => systemLookup(hostname, { all: true }, done)

/** The resolver; names are asked for with every connection, so that new addresses get their turn. */
export function roundRobinLookup(resolve: ResolveAll = resolveAll): LookupFunction {
  let turn = 0
  return (hostname, options, done) => {
    resolve(hostname, (error, found) => {
      if (error !== null || found.length === 0) {
        done(error ?? new Error(`no address of ${hostname}`), '')
        return
      }
      const { address, family } = found[turn++ % found.length]
      if (options.all === true) done(null, [{ address, family }])
      else done(null, address, family)
    })
  }
}
