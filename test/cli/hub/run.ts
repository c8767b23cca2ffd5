/** A tool of the hub, run in this process. */
import { mock } from 'node:test'
import { runHubTool } from '../../../src/cli/hub/tool.ts'

export interface ToolRun {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** What a tool prints, and its exit code. */
export async function runTool(
  tools: Parameters<typeof runHubTool>[0],
  argv: readonly string[],
): Promise<ToolRun> {
  const [log, error] = [
    mock.method(console, 'log', () => {}),
    mock.method(console, 'error', () => {}),
  ]
  try {
    const code = await runHubTool(tools, argv)
    const [out, err] = [log, error].map((each) =>
      each.mock.calls.map((call) => String(call.arguments[0])).join('\n'),
    )
    return { code, out, err }
  } finally {
    log.mock.restore()
    error.mock.restore()
  }
}
