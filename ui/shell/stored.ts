/** Choices that stay in this browser: signals behind localStorage, which may be full or forbidden. */
import { effect, type Signal, signal } from '@preact/signals'

/** A signal that starts with the stored choice and stores every new one. */
export function stored<T>(
  key: string,
  fallback: T,
  isValid: (value: unknown) => value is T,
): Signal<T> {
  const kept = signal<T>(read(key, fallback, isValid))
  effect(() => write(key, kept.value))
  return kept
}

/** A guard for one of several words. */
export function oneOf<T extends string>(...words: T[]): (value: unknown) => value is T {
  return (value): value is T => words.includes(value as T)
}

function read<T>(key: string, fallback: T, isValid: (value: unknown) => value is T): T {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(`narthex.${key}`) ?? 'null')
    return isValid(value) ? value : fallback
  } catch {
    return fallback
  }
}

function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(`narthex.${key}`, JSON.stringify(value))
  } catch {
    // Private windows refuse; the choice then lives as long as the page.
  }
}
