/** `narthex hub`, and its tools. */
import './hangup.ts' // before the rooms: loading them takes a while

import { tolerateClosedPipe } from './pipe.ts'

/** Words after `hub` that end by themselves. */
const TOOLS: readonly string[] = ['install', 'installs', 'uninstall', 'export']

const word = process.argv.at(3) ?? ''
if (TOOLS.includes(word)) {
  tolerateClosedPipe()
  const { runHubTool } = await import('./hubtool.ts')
  process.exitCode = await runHubTool(word, process.argv.slice(4))
} else if (word === 'refresh') {
  tolerateClosedPipe()
  const { runRefresh } = await import('./hubrefresh.ts')
  process.exitCode = await runRefresh(process.argv.slice(4))
} else {
  const [{ startHub }, { HUB, readHubOptions }, { runRole }] = await Promise.all([
    import('../roles/hub.ts'),
    import('./hubflags.ts'),
    import('./run.ts'),
  ])
  await runRole({ spec: HUB, read: readHubOptions, start: startHub })
}
