/*
 * A moment: a clock time (`1:02:03.5`, `00:12`, `00:00:12,500`), minutes and seconds (`1 min 5 s`, `2m`), or a number with
 * or without a unit. Numbers of more than seven digits are no times.
 */
const clock = String.raw`\d{1,3}(?::\d{2}){1,2}(?:[.,]\d{1,9})?`
const unit = (names: string) => String.raw`[ \t-]{0,2}(?:${names})(?!\p{Script=Latin})`
const minutes = String.raw`\d{1,4}(?:\.\d{1,9})?${unit('minutes?|mins?|min\\.|m')}`
const plain = String.raw`\d{1,7}(?:\.\d{1,20})?`
const seconds = `${plain}(?:${unit("milliseconds?|msecs?|ms|seconds?|secs?|sec\\.|s|sekunden|秒钟?|''")})?`

/** Source of a pattern that matches one moment; without groups, for flags `iu`. */
export const momentPattern = String.raw`(?:${clock}|${minutes}(?:[ \t]{0,2}(?:and[ \t])?${seconds})?|${seconds})(?![\d:])`

const clockParts = /^(?:(\d+):)?(\d+):(\d+(?:[.,]\d+)?)$/
const minuteParts = new RegExp(String.raw`^(\d+(?:\.\d+)?)${unit('minutes?|mins?|min\\.|m')}(.*)$`, 'iu')

/** Seconds of a text that `momentPattern` matches. */
export const toSeconds = (text: string): number => {
  const trimmed = text.trim()
  const clocked = clockParts.exec(trimmed)
  if (clocked !== null)
    return Number(clocked[1] ?? 0) * 3600 + Number(clocked[2]) * 60 + Number(clocked[3]!.replace(',', '.'))
  const inMinutes = minuteParts.exec(trimmed)
  if (inMinutes !== null) {
    const rest = /\d+(?:\.\d+)?/.exec(inMinutes[2]!)
    return Number(inMinutes[1]) * 60 + Number(rest?.[0] ?? 0)
  }
  const value = Number(/^\d+(?:\.\d+)?/.exec(trimmed)?.[0] ?? Number.NaN)
  return /\d[ \t-]{0,2}(?:milliseconds?|msecs?|ms)$/i.test(trimmed) ? value / 1000 : value
}
