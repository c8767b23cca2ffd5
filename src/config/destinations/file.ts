/** `type: file`: JSON lines in files that are rotated. */
import { type DestinationBase, destinationOf } from '../destination.ts'
import { filePath, maybeSize, whole } from '../scalars.ts'
import type { Shape } from '../shape.ts'

export interface FileDestination extends DestinationBase {
  readonly kind: 'file'
  /** Absolute; older files have `.1`, `.2`, … behind it. */
  readonly path: string
  /** A file that is larger makes room for the next. */
  readonly fileSizeBytesMax: number
  /** Older files that are kept. */
  readonly filesMax: number
}

interface RawFile {
  readonly path: string
  readonly max_size: number | undefined
  readonly max_files: number
}

const SIZE_BYTES_DEFAULT = 64 * 1024 * 1024

export const fileDestination: Shape<FileDestination> = destinationOf(
  'file',
  { path: filePath, max_size: maybeSize, max_files: whole(5) },
  (raw: RawFile) => ({
    path: raw.path,
    fileSizeBytesMax: raw.max_size ?? SIZE_BYTES_DEFAULT,
    filesMax: raw.max_files,
  }),
  (raw, place) => {
    const refuse = (key: string, message: string): void =>
      place.report.error(place.at(key), message)
    if (raw.path === '') refuse('path', 'path of a file destination is empty')
    if ((raw.max_size ?? 1) <= 0) refuse('max_size', 'max_size must be positive')
    if (raw.max_files < 0) refuse('max_files', 'max_files must be 0 or more')
  },
)
