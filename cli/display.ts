import { Clock, Effect, Layer } from 'effect'
import { Progress, type ProgressState } from '../core/index.ts'

const duration = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds))
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/** `boundary reflection  120/240  50 %  18.2/s  7 s left  2 failed  note`. */
export const progressLine = (state: ProgressState, seconds: number, from: number): string => {
  const { label, done, total, failed = 0, note } = state
  const rate = seconds > 0 ? (done - from) / seconds : 0
  return [
    label,
    `${done}/${total}`,
    `${total === 0 ? 100 : Math.floor((100 * done) / total)} %`,
    ...(rate > 0 ? [`${rate.toPrecision(3)}/s`] : []),
    ...(rate > 0 && done < total ? [`${duration((total - done) / rate)} left`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(note === undefined ? [] : [note]),
  ].join('  ')
}

const bar = ({ done, total }: ProgressState, width = 24): string => {
  const full = total === 0 ? width : Math.round((width * done) / total)
  return `[${'='.repeat(full)}${' '.repeat(width - full)}]`
}

/** Milliseconds between two lines of one phase where the output is no terminal. */
const quiet = 10_000

/**
 * Shows progress on standard error: a bar that is redrawn on a terminal, a plain line now and then otherwise.
 * Standard output stays for results.
 */
export const displayLayer = Layer.sync(Progress, () => {
  let label = ''
  let started = 0
  let from = 0
  let shown = 0
  const terminal = process.stderr.isTTY === true
  const report = Effect.fnUntraced(function* (state: ProgressState) {
    const now = yield* Clock.currentTimeMillis
    if (state.label !== label) {
      label = state.label
      started = now
      from = state.done
      shown = 0
    }
    const last = state.done >= state.total
    if (!last && now - shown < (terminal ? 100 : quiet)) return
    shown = now
    const line = progressLine(state, (now - started) / 1000, from)
    if (terminal) process.stderr.write(`\r\u001b[K${bar(state)} ${line}${last ? '\n' : ''}`)
    else process.stderr.write(`${line}\n`)
  })
  return { report }
})
