/**
 * The value of a JSON text; `Infinity` and `NaN`, which Python's writers let through in log-probabilities, are null.
 * Throws SyntaxError for anything else that is not JSON.
 */
export const parseLenient = (text: string): unknown => {
  const unmarked = text.startsWith('\uFEFF') ? text.slice(1) : text
  try {
    return JSON.parse(unmarked)
  } catch (error) {
    // Strings are matched first, so that their contents stay unchanged.
    const repaired = unmarked.replaceAll(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (token) =>
      token.startsWith('"') ? token : 'null',
    )
    if (repaired === unmarked) throw error
    return JSON.parse(repaired)
  }
}
