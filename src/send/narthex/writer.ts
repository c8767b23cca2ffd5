/** The writer of `type: narthex`: that of remote write 2.0. */
import type { NarthexDestination } from '../../config/destinations/narthex.ts'
import { openRemoteWrite, type RemoteWriteDeps } from '../remotewrite/writer.ts'
import type { OpenWriter } from '../writer.ts'

/** @throws NarthexError `bad_data` for a URL that cannot be sent to */
export function openNarthex(config: NarthexDestination, deps: RemoteWriteDeps): OpenWriter {
  return openRemoteWrite({ ...config, kind: 'remote_write' }, deps)
}
