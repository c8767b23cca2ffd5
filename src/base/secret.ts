/** A value that must never be printed. */

/** What a secret prints as, everywhere. */
export const SECRET_TEXT = '<secret>'

/** Holds a secret; text, JSON, inspection and errors all show `<secret>`. Only `reveal` gives it away. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The secret itself, for the one place that sends or compares it. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return SECRET_TEXT
  }

  toJSON(): string {
    return SECRET_TEXT
  }
}

Object.defineProperty(Secret.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value: () => SECRET_TEXT,
})
