/** Content that people have changed on the pages: where it is kept, its versions, and what may be done. */

/** The content source that edits are: its files stand in the place of all others. */
export const EDITS_SOURCE = 'edits'

/** The source that comes with the program. */
export const BUNDLED_SOURCE = 'bundled'

/** The id of what an edit stands in the place of. */
export const BASE_VERSION = 'base'

/** A file as it is now. */
export interface EditedFile {
  readonly text: string
  /** Changes with the text. */
  readonly tag: string
  /** Where it came from: `edits`, `bundled`, or a content source. */
  readonly source: string
}

/** What a file was at one moment. */
export interface FileVersion {
  /** The commit, or `base`. */
  readonly id: string
  readonly source: string
  /** Ms since epoch; 0 of the base. */
  readonly timeMs: number
  /** Who; '' of the base. */
  readonly by: string
  readonly summary: string
  /** Whether the edit was taken back: from then on the base was shown. */
  readonly isRemoval: boolean
}

/** A version with its text. */
export interface VersionText extends FileVersion {
  readonly text: string
}

/** Something about a text; a fault keeps it from being saved, a hint does not. */
export interface FileProblem {
  /** Both from 1; columns count UTF-16 units. */
  readonly line: number
  readonly column: number
  readonly message: string
  readonly isFault: boolean
}

/** Somebody else was quicker. */
export interface EditConflict {
  /** The newest version; undefined when the file is not there any more. */
  readonly theirs: (VersionText & { readonly tag: string }) | undefined
}

/** What became of a change. */
export type EditOutcome =
  | { readonly saved: FileVersion & { readonly tag: string } }
  | { readonly problems: readonly FileProblem[] }
  | { readonly conflict: EditConflict }

/** Which file, and what its author has seen of it. */
export interface EditPlace {
  readonly entry: string
  readonly file: string
  /** The tag of the text that the change began with; '' when there was none. */
  readonly seenTag: string
}

/** Who changes a file, and why. */
export interface EditSign {
  /** A name, or an e-mail address. */
  readonly author: string
  /** '' for a sentence of ours. */
  readonly summary: string
}

/** Whether content can be changed here. */
export interface EditsState {
  /** '' or why not. */
  readonly reason: string
  /** Where commits go, without anything secret; '' where nothing can be changed. */
  readonly origin: string
}

/** What routes need of the edits. Each method throws `not_found` for names that no entry has. */
export interface EditsView {
  state(): Promise<EditsState>
  /** @throws NarthexError `not_found` when the entry has no such file */
  file(entry: string, file: string): Promise<EditedFile>
  /** The newest first. */
  versions(entry: string, file: string): Promise<readonly FileVersion[]>
  version(entry: string, file: string, id: string): Promise<VersionText>
  check(entry: string, file: string, text: string): readonly FileProblem[]
  /** Takes a text; it is in the repository when this resolves. */
  save(place: EditPlace, text: string, sign: EditSign): Promise<EditOutcome>
  /** Takes the edit of a file back: what it stood in the place of is shown again. */
  takeBack(place: EditPlace, sign: EditSign): Promise<EditOutcome>
}
