import { useEffect, useLayoutEffect } from 'preact/hooks'
import type { SampleDetail, Strip } from '../../../api/index.ts'
import { extent, lanesOf, windowsOf } from '../../logic/lanes.ts'
import { within } from '../../logic/timeline.ts'
import { ProblemNotice } from '../../parts/notice.tsx'
import { path } from '../../state/api.ts'
import { useCommands } from '../../state/commands.ts'
import { useDecisions } from '../../state/decisions.ts'
import { begin } from '../../state/draft.ts'
import { editing } from '../../state/editing.ts'
import { useFetched } from '../../state/fetched.ts'
import { useNeighbours } from '../../state/neighbours.ts'
import { place } from '../../state/place.ts'
import { load, visit } from '../../state/player.ts'
import { curation, training } from '../../state/runs.ts'
import { asked, sampleAt, show } from '../../state/samples.ts'
import { reviewer } from '../../state/settings.ts'
import { Timeline } from '../../timeline/timeline.tsx'
import { Deciding } from './deciding.tsx'
import { Head } from './head.tsx'
import { Masking } from './masking.tsx'
import { ownShape } from './own-shape.ts'
import { Side } from './side.tsx'
import { VideoPane } from './video-pane.tsx'

/** Frames per second until the file was measured. */
const guess = 25

const Loaded = ({ run, sample }: { readonly run: string; readonly sample: SampleDetail }) => {
  const duration = extent(sample)
  const decisions = useDecisions(run, sample.key)
  const mine = decisions.data?.decisions.find(
    (each) => each.key === sample.key && each.reviewer === reviewer.value && each.decision !== 'note',
  )
  // Before the next picture: no lane shows the windows of the sample before.
  useLayoutEffect(() => load(sample.key, duration, place.peek().time), [sample.key, duration])
  useLayoutEffect(() => visit(place.value.time), [place.value.time])
  useLayoutEffect(() => begin(sample.key, mine?.after ?? sample.windows ?? []), [sample.key, mine?.id])
  const lanes = lanesOf(sample, ownShape(windowsOf(sample, 'annotated')))
  const file = (name: string, query: { readonly [name: string]: number }) =>
    path(['runs', run, 'samples', sample.key, name], query)
  const strip = useFetched<Strip>(sample.video.found ? file('strip', { count: 1 }) : null)
  useCommands(editing(lanes, strip.data?.fps ?? guess))
  const range = place.value.zoom === null ? ([0, duration] as const) : within(place.value.zoom, duration)
  const frame = sample.video.found ? (time: number, width: number) => file('frame', { time, width }) : null
  return (
    <>
      <div class="stage">
        <VideoPane sample={sample} source={file('video', {})} frame={frame} />
        <Side sample={sample} decisions={decisions.data} />
      </div>
      <section class="panel lanes" aria-label="Time line">
        <Masking sampleKey={sample.key} />
        <Timeline lanes={lanes} range={range} duration={duration} frame={frame} />
      </section>
    </>
  )
}

/** The browser reads the beginning of the next sample's video before it is asked for. */
const NextVideo = ({ run, sampleKey }: { readonly run: string; readonly sampleKey: string }) => {
  const masking = { training: training.value, step: place.value.step }
  const video = sampleAt(asked(run, sampleKey, masking)).value.data?.video
  if (video === undefined || video.type === null || !video.found) return null
  return <video hidden muted preload="auto" src={path(['runs', run, 'samples', sampleKey, 'video'])} />
}

/** One sample: its video over lanes under one playhead, what the model was asked and said, and the reviewer's decision. */
export const SampleView = () => {
  const run = curation.value!
  const key = place.value.sample ?? ''
  const masking = { training: training.value, step: place.value.step }
  const sample = asked(run, key, masking)
  const { data, problem } = sampleAt(sample).value
  const neighbours = useNeighbours(key)
  useLayoutEffect(() => show(sample), [sample.address])
  useEffect(() => {
    for (const each of neighbours.soon) sampleAt(asked(run, each, masking))
  }, [run, neighbours.soon.join(), masking.step])
  return (
    <div class="sample">
      <Head sample={data} neighbours={neighbours}>
        <Deciding run={run} sample={data} neighbours={neighbours} />
      </Head>
      {problem === null ? null : <ProblemNotice problem={problem} />}
      {data === null ? null : <Loaded run={run} sample={data} />}
      {neighbours.next === null ? null : <NextVideo run={run} sampleKey={neighbours.next} />}
    </div>
  )
}
