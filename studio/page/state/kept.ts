import { type Signal, signal } from '@preact/signals'

/** A text that this browser keeps; in a window that keeps nothing it lasts as long as the page. */
export const kept = (
  name: string,
): { readonly value: Signal<string | null>; readonly keep: (text: string | null) => void } => {
  const key = `spanwise.${name}`
  const read = (): string | null => {
    try {
      return localStorage.getItem(key)
    } catch {
      return null
    }
  }
  const value = signal(read())
  const keep = (text: string | null) => {
    value.value = text
    try {
      if (text === null) localStorage.removeItem(key)
      else localStorage.setItem(key, text)
    } catch {
      // Storage is switched off or full: the choice holds until the page is closed.
    }
  }
  return { value, keep }
}
