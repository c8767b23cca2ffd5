/** Where each field of a record in shared memory lies. Described in docs/formats/head.md. */

/** Tables of a head; a window's index has the first five. */
export const NAMES = 0
export const PAIRS = 1
export const LISTS = 2
export const TEXTS = 3
export const SHAPES = 4
export const GROUPS = 5
export const COLUMNS = 6
export const SLABS = 7
export const HALVES = 8
export const SINGLES = 9
export const RINGS = 10
export const TABLE_COUNT = 11

/** Words of the control page: how many records of each table are published. */
export const CONTROL_NAMES = 0
export const CONTROL_PAIRS = 1
export const CONTROL_SHAPES = 2
export const CONTROL_GROUPS = 3
export const CONTROL_COLUMNS = 4
/** Rises with every seal: a reader renews its snapshots of blocks when it has moved. */
export const CONTROL_SEALS = 5
/** How many series live in the head. */
export const CONTROL_SERIES = 7
/** Rises when numbers of dead pairs, shapes or groups are used again. */
export const CONTROL_REUSES = 9
/** Oldest and newest time, as two float64 at bytes 64 and 72. */
export const CONTROL_MIN_TIME_FLOAT = 8
export const CONTROL_MAX_TIME_FLOAT = 9

/** A label name: 8 words. */
export const NAME_SHIFT = 9
export const NAME_WORDS_SHIFT = 3
export const NAME_TEXT_PAGE = 0
export const NAME_TEXT_AT = 1
export const NAME_TEXT_LENGTH = 2
export const NAME_FIRST_PAIR = 3
export const NAME_PAIR_COUNT = 4

/** A label name with a value: 8 words. */
export const PAIR_SHIFT = 12
export const PAIR_WORDS_SHIFT = 3
export const PAIR_NAME = 0
export const PAIR_TEXT_PAGE = 1
export const PAIR_TEXT_AT = 2
export const PAIR_TEXT_LENGTH = 3
export const PAIR_HASH = 4
export const PAIR_NEXT_OF_NAME = 5
/** Shapes with this pair as their metric name. */
export const PAIR_FIRST_SHAPE = 6
/** How many shapes and groups use it; all bits set while it rests before its reuse. */
export const PAIR_USES = 7

/** Pair lists: plain words, a list never crosses a page. */
export const LIST_SHIFT = 14

/** The labels of a series without those of its group: 8 words. */
export const SHAPE_SHIFT = 12
export const SHAPE_WORDS_SHIFT = 3
export const SHAPE_LIST = 0
export const SHAPE_LENGTH = 1
export const SHAPE_HASH = 2
export const SHAPE_NEXT_OF_METRIC = 3
export const SHAPE_FIRST_COLUMN = 4
export const SHAPE_COLUMN_COUNT = 5
/** Pair of the metric name; 0 for none. */
export const SHAPE_METRIC = 6
/** 1 while it is in use. */
export const SHAPE_LIVE = 7

/** Series whose rows share timestamps: 16 words. */
export const GROUP_SHIFT = 11
export const GROUP_WORDS_SHIFT = 4
export const GROUP_LIST = 0
export const GROUP_LENGTH = 1
export const GROUP_HASH = 2
export const GROUP_FIRST_COLUMN = 3
export const GROUP_COLUMN_COUNT = 4
/** Odd while cells or rows are being written. */
export const GROUP_SEQUENCE = 5
/** Rises with each seal. */
export const GROUP_SEALS = 6
/** Ordinals of the open rows: [start, end). A ring position is ordinal % RING_ROWS. */
export const GROUP_ROW_START = 7
export const GROUP_ROW_END = 8
/** Where the times of its rows lie; 0 before the first. */
export const GROUP_RING = 9
/** Entries of the fullest strand, or STRAND_READY for one with many bytes; 0 when all are empty. */
export const GROUP_STRAND_FILL = 10
/** Log epoch in which the oldest entry of the strands was written. */
export const GROUP_STRAND_EPOCH = 11
/** When the oldest entry of the strands was written, in s on the monotonic clock. */
export const GROUP_STRAND_OPENED = 12
/** Columns there were when the group was last swept. */
export const GROUP_SWEPT_COLUMNS = 13
export const GROUP_LIVE = 14

/** The ring of open rows of a group: 16 words. */
export const RING_SHIFT = 11
export const RING_WORDS_SHIFT = 4
/** Slabs with the times of each piece. */
export const RING_TIME_PIECES = 0
/** 1 when the open rows are not in time order. */
export const RING_UNSORTED = 5
/** Newest time of the open rows; as float64. */
export const RING_NEWEST_FLOAT = 3
/** When the oldest open row was opened, on the monotonic clock; as float64. */
export const RING_OPENED_FLOAT = 4
/** Log epoch in which each piece was begun. */
export const RING_EPOCHS = 10

/** A series in the head: 16 words, one cache line. */
export const COLUMN_SHIFT = 12
export const COLUMN_WORDS_SHIFT = 4
export const COLUMN_GROUP = 0
export const COLUMN_SHAPE = 1
export const COLUMN_NEXT_OF_GROUP = 2
export const COLUMN_NEXT_OF_SHAPE = 3
/** What every cell of a piece without slab holds; float64. */
export const COLUMN_BASE_FLOAT = 2
export const COLUMN_BASE = 4
/** Newest time of the series; float64. */
export const COLUMN_NEWEST_FLOAT = 3
export const COLUMN_PIECES = 8
/** 80 presence bits, then 3 bits of idleness, 2 flags, and 11 bits of generation. */
export const COLUMN_PRESENCE = 13
/** The word of presence that has the flags. */
export const COLUMN_FLAGS = 15
/** Rounds of the sweep in which the series had no sample. */
export const IDLE_MASK = 0x70000
/** The series has times of its own: its samples are a strand, and it takes no part in rows. */
export const FLAG_STRAND = 0x80000
/** It had few of the rows that were sealed last. */
export const FLAG_SPARSE = 0x100000
/** Of a strand, in place of pieces and presence: links, bytes, last step in ms, entries. */
export const COLUMN_STRAND_FIRST = 8
export const COLUMN_STRAND_LAST = 9
export const COLUMN_STRAND_BYTES = 10
export const COLUMN_STRAND_STEP = 11
export const COLUMN_STRAND_COUNT = 13
/** Monotonic clock in s, and log epoch, of its oldest entry; 0 when it is empty. */
export const COLUMN_STRAND_OPENED = 12
export const COLUMN_STRAND_EPOCH = 14

/** Rows of one piece and pieces of the ring. */
export const PIECE_ROWS = 16
export const PIECE_COUNT = 5
export const RING_ROWS = 80
/** Rows of a regular seal. */
export const SEAL_ROWS = 64

/** In a group of up to so many series each begins as a strand. */
export const STRAND_SERIES = 8
/** Entries, and bytes, from which strands of a group are sealed, and which no strand may pass. */
export const STRAND_READY = 64
export const STRAND_READY_BYTES = 320
export const STRAND_ENTRIES_MAX = 96
export const STRAND_BYTES_MAX = 960
/** A link of a strand is a half: the reference of the next one, then bytes of entries. */
export const LINK_BYTES = 60
/** A step that stands for: the strand does not hold the newest sample of its series. */
export const STEP_NONE = 0xffffffff
/** And for: it holds a newer one, of a time when the clock was ahead; each entry stands for itself. */
export const STEP_APART = 0xfffffffe

/** Slabs of 16 float64, of 16 float32, and single float64. */
export const SLAB_SHIFT = 11
export const SLAB_FLOATS_SHIFT = 4
export const HALF_SHIFT = 11
export const HALF_FLOATS_SHIFT = 4
export const SINGLE_SHIFT = 13

/** Kinds of a piece, in the upper two bits of its reference; 0 means: every cell is the base. */
export const PIECE_INDEX_MASK = 0x3fffffff
export const PIECE_SINGLE = 1
export const PIECE_HALF = 2
export const PIECE_SLAB = 3

/** Most bytes of texts in one page; a longer text has a page of its own. */
export const TEXT_PAGE_BYTES = 65_536
