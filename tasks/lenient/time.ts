/*
 * A moment: a clock time (`1:02:03.5`, `00:12`, `00:00:12,500`), hours, minutes and seconds (`1h02m03s`, `1 min 5 s`,
 * `2m`), or a number with or without a unit. Numbers of more than seven digits are no times.
 */
const plain = String.raw`\d{1,7}(?:\.\d{1,20})?`
const space = String.raw`[ \t-]{0,2}`
const unit = (names: string) => String.raw`${space}(?:${names})(?!\p{Script=Latin})`
const hour = 'hours?|hrs?|h'
const minute = String.raw`minutes?|mins?\.?|m|分钟?`
const second = String.raw`seconds?|secs?\.?|s|sekunden|秒钟?`
const millisecond = 'milliseconds?|msecs?|ms'

const clock = String.raw`\d{1,3}(?::\d{2}){1,2}(?:[.,]\d{1,9})?(?:${unit(`${hour}|${minute}|${second}`)})?`
const seconds = `${plain}(?:${unit(`${millisecond}|${second}`)})?`
const minutes = `(?:\\d{1,3}${unit(hour)}[ \\t]{0,2})?${plain}${unit(minute)}`

/** Source of a pattern that matches one moment; without groups, for flags `iu`. */
export const momentPattern = String.raw`(?:${clock}|${minutes}(?:[ \t]{0,2}(?:and[ \t])?${seconds})?|${seconds})(?![\d:])`

const clockParts = /^(?:(\d+):)?(\d+):(\d+(?:[.,]\d+)?)/
const minuteParts = new RegExp(
  `^(?:(\\d+)${unit(hour)}\\s*)?(\\d+(?:\\.\\d+)?)${unit(minute)}\\D*(\\d+(?:\\.\\d+)?)?`,
  'iu',
)
const inMilliseconds = new RegExp(`\\d${unit(millisecond)}$`, 'iu')

/** Seconds of a text that `momentPattern` matches. */
export const toSeconds = (text: string): number => {
  const trimmed = text.trim()
  const parts = clockParts.exec(trimmed) ?? minuteParts.exec(trimmed)
  if (parts !== null)
    return Number(parts[1] ?? 0) * 3600 + Number(parts[2]) * 60 + Number((parts[3] ?? '0').replace(',', '.'))
  const value = Number(/^\d+(?:\.\d+)?/.exec(trimmed)?.[0] ?? Number.NaN)
  return inMilliseconds.test(trimmed) ? value / 1000 : value
}
