import { signal } from '@preact/signals'
import { reviewer, setReviewer } from '../state/settings.ts'
import { Dialog } from './dialog.tsx'

const open = signal(false)

/** Who decides: each reviewer has a log in the run. */
export const ReviewerButton = () => (
  <>
    <button type="button" onClick={() => (open.value = true)} title="Whose decisions you make">
      {reviewer.value === '' ? 'Reviewer?' : reviewer.value}
    </button>
    {open.value ? (
      <Dialog title="Reviewer" onClose={() => (open.value = false)}>
        <form
          class="row"
          method="dialog"
          onSubmit={(event) => {
            event.preventDefault()
            setReviewer(String(new FormData(event.currentTarget).get('name') ?? ''))
            open.value = false
          }}
        >
          <label>
            Decisions are logged as <input name="name" defaultValue={reviewer.value} maxLength={64} />
          </label>
          <button type="submit" class="main">
            Save
          </button>
        </form>
      </Dialog>
    ) : null}
  </>
)
