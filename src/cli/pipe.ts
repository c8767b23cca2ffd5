/** Output into a pipe that nobody reads any more, as in `narthex up --help | head`. */

/** Keeps such a pipe from ending the process as a mistake; what cannot be printed is not wanted. */
export function tolerateClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}
