/**
 * The value of a JSON text; `Infinity` and `NaN`, which Python's writers let through in log-probabilities, are null.
 * Throws SyntaxError for anything else that is not JSON.
 */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    // Strings are matched first, so that their contents stay unchanged.
    const repaired = text.replaceAll(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (token) =>
      token.startsWith('"') ? token : 'null',
    )
    if (repaired === text) throw error
    return JSON.parse(repaired)
  }
}
