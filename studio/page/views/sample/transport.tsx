import { useState } from 'preact/hooks'
import { clock, readClock } from '../../logic/timeline.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { useCommands } from '../../state/commands.ts'
import { faster, length, loop, pause, seek, slower, speed, time, toggle } from '../../state/player.ts'

const GoTo = ({ onClose }: { readonly onClose: () => void }) => {
  const [wrong, setWrong] = useState(false)
  return (
    <Dialog title="Go to a time" onClose={onClose}>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault()
          const at = readClock(String(new FormData(event.currentTarget).get('time') ?? ''))
          setWrong(at === null)
          if (at === null) return
          seek(at)
          onClose()
        }}
      >
        <input name="time" aria-label="Time" aria-invalid={wrong} placeholder="75 or 1:15.5" />
        <button type="submit" class="main">
          Go
        </button>
        {wrong ? <p role="alert">Write seconds, or minutes and seconds: 75 or 1:15.5</p> : null}
      </form>
    </Dialog>
  )
}

const Time = () => <>{clock(time.value)}</>

/** Buttons of the player and the time. */
export const Transport = ({
  duration,
  frames,
}: {
  readonly duration: number | null
  readonly frames: boolean
}) => {
  const [going, setGoing] = useState(false)
  useCommands({ 'go-to': () => setGoing(true) })
  return (
    <figcaption class="transport row">
      <button type="button" onClick={slower} aria-label="Slower">
        «
      </button>
      <button type="button" class="main" onClick={toggle} aria-label={speed.value === 0 ? 'Play' : 'Pause'}>
        {speed.value === 0 ? '▶' : '❚❚'}
      </button>
      <button type="button" onClick={faster} aria-label="Faster">
        »
      </button>
      <button type="button" class="mono" onClick={() => setGoing(true)} title="Go to a time (G)">
        <Time /> / {clock(duration ?? length.value)}
      </button>
      <span class="grow" />
      {frames ? <span class="badge">shown frame by frame</span> : null}
      {speed.value === 0 || speed.value === 1 ? null : (
        <button type="button" class="chosen" onClick={pause}>
          {speed.value}×
        </button>
      )}
      {loop.value === null ? null : (
        <button type="button" class="chosen" onClick={() => (loop.value = null)} title="Stop looping (C)">
          loop ✕
        </button>
      )}
      {going ? <GoTo onClose={() => setGoing(false)} /> : null}
    </figcaption>
  )
}
