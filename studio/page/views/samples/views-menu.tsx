import { Menu } from '../../parts/menu.tsx'
import { go, place } from '../../state/place.ts'
import { forgetView, savedViews, saveView, viewOf } from '../../state/saved.ts'

/** Views under names, kept in this browser; the address of a view is what another person opens. */
export const ViewsMenu = () => (
  <Menu label="Views">
    {(close) => (
      <>
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault()
            const name = String(new FormData(event.currentTarget).get('name') ?? '').trim()
            if (name === '') return
            saveView(name, place.value)
            event.currentTarget.reset()
          }}
        >
          <input
            name="name"
            class="grow"
            placeholder="name of this view"
            aria-label="Name of this view"
            maxLength={60}
          />
          <button type="submit" class="main">
            Save
          </button>
        </form>
        <ul>
          {savedViews.value.map((saved) => (
            <li key={saved.name} class="row">
              <button
                type="button"
                class="grow"
                onClick={() => {
                  go(viewOf(saved))
                  close()
                }}
              >
                {saved.name}
              </button>
              <button
                type="button"
                aria-label={`Forget the view ${saved.name}`}
                onClick={() => forgetView(saved.name)}
              >
                ✕
              </button>
            </li>
          ))}
        </ul>
        {savedViews.value.length === 0 ? <p class="muted">No saved views yet.</p> : null}
      </>
    )}
  </Menu>
)
