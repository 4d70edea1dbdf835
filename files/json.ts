import { duplicateKey, lineAt } from './duplicate-key.ts'

/** A JSON text read strictly: its value, or what is wrong and where. */
export type Parsed =
  | { readonly value: unknown }
  | { readonly problem: string /** 1-based line in the text. */; readonly line: number }

/** More digits than a double can represent. */
const long = /\d{16}/

/** An integer that a double cannot represent is kept as text: 9007199254740993 is not ...992. */
const exact = (_: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' &&
  !Number.isSafeInteger(value) &&
  context?.source !== undefined &&
  /^-?\d+$/.test(context.source)
    ? context.source
    : value

/** Where and why a text is not JSON: V8's message gives the position, or says that the text ends too soon. */
const faultOf = (text: string, error: unknown): { readonly line: number; readonly problem: string } => {
  if (error instanceof RangeError) return { line: 1, problem: 'invalid JSON: nested too deeply' }
  const message = error instanceof Error ? error.message : String(error)
  const position = /at position (\d+)/.exec(message)?.[1]
  const ended = /Unexpected end|Unterminated/.test(message)
  const line = lineAt(text, position !== undefined && !ended ? Number(position) : text.trimEnd().length)
  const said = ended
    ? 'the text ends in the middle of a value'
    : message.replace(/ in JSON at position .*$/s, '').replace(/,? ?\.{0,3}".{200,}/s, '')
  return { line, problem: `invalid JSON: ${said.replaceAll('\n', ' ').slice(0, 200)}` }
}

/**
 * The value of a JSON text. Beyond `JSON.parse`: an object with the same key twice is a problem, and integers beyond
 * 2^53 stay exact, as text.
 */
export const parseJson = (text: string): Parsed => {
  try {
    const value: unknown = long.test(text) ? JSON.parse(text, exact) : JSON.parse(text)
    const twice = duplicateKey(text)
    if (twice === null) return { value }
    return {
      line: twice.line,
      problem: `the key ${JSON.stringify(twice.key)} occurs twice${twice.line === twice.before ? '' : `, first on line ${twice.before}`}`,
    }
  } catch (error) {
    return faultOf(text, error)
  }
}
