import { useEffect, useRef, useState } from 'preact/hooks'
import type { SampleDetail } from '../../../api/index.ts'
import { attach, time, toggle } from '../../state/player.ts'
import { Transport } from './transport.tsx'

interface VideoPaneProps {
  readonly sample: SampleDetail
  readonly source: string
  readonly frame: ((time: number, width: number) => string) | null
}

const Player = ({ source, onFail }: { readonly source: string; readonly onFail: () => void }) => {
  const ref = useRef<HTMLVideoElement>(null)
  useEffect(() => {
    attach(ref.current)
    return () => attach(null)
  }, [source])
  return (
    <video
      ref={ref}
      src={source}
      preload="auto"
      playsInline
      muted
      onError={onFail}
      onClick={toggle}
      aria-label="Video of the sample"
    />
  )
}

/** Frames from the server, for containers and codecs that the browser does not play. */
const Frames = ({ frame }: { readonly frame: (time: number, width: number) => string }) => (
  <img
    class="frame"
    src={frame(Math.round(time.value * 10) / 10, 640)}
    alt="Frame of the video at the playhead"
  />
)

/** The video: the browser's own player where it can, else frames. */
export const VideoPane = ({ sample, source, frame }: VideoPaneProps) => {
  const [failed, setFailed] = useState<string | null>(null)
  const { found, problem, type } = sample.video
  const plays = found && type !== null && failed !== source
  return (
    <figure class="panel video">
      <div class="picture">
        {plays ? <Player source={source} onFail={() => setFailed(source)} /> : null}
        {!plays && frame !== null ? <Frames frame={frame} /> : null}
        {found ? null : <p class="empty">{problem ?? 'The video was not found.'}</p>}
      </div>
      <Transport duration={sample.duration} frames={found && !plays} />
    </figure>
  )
}
