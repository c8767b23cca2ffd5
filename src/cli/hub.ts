/** `narthex hub`, and its tools. */
import './hangup.ts' // before the rooms: loading them takes a while

import { HUB_TOOLS } from './hub/tools.ts'
import { tolerateClosedPipe } from './pipe.ts'

const word = process.argv.at(3) ?? ''
if (Object.hasOwn(HUB_TOOLS, word)) {
  tolerateClosedPipe()
  const [{ runHubTool }, tools] = await Promise.all([import('./hub/tool.ts'), HUB_TOOLS[word]()])
  process.exitCode = await runHubTool(tools, process.argv.slice(3))
} else {
  const [{ startHub }, { HUB, readHubOptions }, { runRole }] = await Promise.all([
    import('../roles/hub.ts'),
    import('./hubflags.ts'),
    import('./run.ts'),
  ])
  await runRole({ spec: HUB, read: readHubOptions, start: startHub })
}
