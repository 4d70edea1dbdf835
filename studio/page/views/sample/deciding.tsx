import { useEffect, useState } from 'preact/hooks'
import type { Decide, SampleDetail } from '../../../api/index.ts'
import { settled } from '../../logic/nudge.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { useCommands } from '../../state/commands.ts'
import { decide, told, undo } from '../../state/decisions.ts'
import { draft, forget, undoChange } from '../../state/draft.ts'
import type { Neighbours } from '../../state/neighbours.ts'
import { go, place } from '../../state/place.ts'
import { curation } from '../../state/runs.ts'
import { openSample } from './head.tsx'

interface DecidingProps {
  readonly run: string
  readonly sample: SampleDetail | null
  readonly neighbours: Neighbours
}

const NoteDialog = ({
  onNote,
  onClose,
}: {
  readonly onNote: (note: string) => void
  readonly onClose: () => void
}) => (
  <Dialog title="Note" onClose={onClose}>
    <form
      class="note-form"
      onSubmit={(event) => {
        event.preventDefault()
        const note = String(new FormData(event.currentTarget).get('note') ?? '').trim()
        if (note !== '') onNote(note)
        onClose()
      }}
    >
      <textarea name="note" rows={4} maxLength={4000} aria-label="Note about this sample" />
      <button type="submit" class="main">
        Save the note
      </button>
    </form>
  </Dialog>
)

/** The bar of decisions. Each of them shows the next sample, which is there already. */
export const Deciding = ({ run, sample, neighbours }: DecidingProps) => {
  const [noting, setNoting] = useState(false)
  /** A sample that was decided about before its neighbours were known. */
  const [left, setLeft] = useState<string | null>(null)
  useEffect(() => {
    if (left === null || neighbours.next === null) return
    setLeft(null)
    if (left === sample?.key) openSample(neighbours.next)
  }, [left, neighbours.next, sample?.key])
  const send = async (decision: Omit<Decide, 'reviewer' | 'key'>, moves: boolean) => {
    if (sample === null) return
    const lane = draft.peek()
    const saving = decide(run, sample, decision)
    if (moves) openSample(neighbours.next)
    if (moves && !neighbours.known) setLeft(sample.key)
    const isSaved = (await saving) !== null
    // A remark decides nothing: the lane stays as it is.
    if (isSaved && moves) forget(sample.key, lane)
    if (isSaved || !moves) return
    // A decision that was not saved is shown where it was made, also once the neighbours are known.
    setLeft(null)
    if (place.peek().view === 'sample' && curation.peek() === run) openSample(sample.key)
  }
  const takeBack = async () => {
    if (undoChange()) return
    const key = await undo(run)
    if (key !== null && key !== sample?.key) go({ view: 'sample', sample: key, time: 0, zoom: null })
  }
  const acts = {
    accept: () => void send({ decision: 'accept' }, true),
    reject: () => void send({ decision: 'reject' }, true),
    repair: () => void send({ decision: 'repair', windows: settled(draft.peek()) }, true),
    note: () => setNoting(true),
    undo: () => void takeBack(),
  }
  useCommands(acts)
  return (
    <div class="deciding row" role="toolbar" aria-label="Decide">
      <button type="button" onClick={acts.accept}>
        Accept <kbd>A</kbd>
      </button>
      <button type="button" onClick={acts.reject}>
        Reject <kbd>X</kbd>
      </button>
      <button type="button" onClick={acts.repair} title="Save the windows of your lane">
        Repair <kbd>S</kbd>
      </button>
      <button type="button" onClick={acts.note}>
        Note <kbd>M</kbd>
      </button>
      <button type="button" onClick={acts.undo}>
        Undo <kbd>Z</kbd>
      </button>
      <span class={`told ${told.value?.bad ? 'bad' : ''}`} role="status">
        {told.value?.text ?? ''}
      </span>
      {noting ? (
        <NoteDialog
          onNote={(note) => void send({ decision: 'note', note }, false)}
          onClose={() => setNoting(false)}
        />
      ) : null}
    </div>
  )
}
