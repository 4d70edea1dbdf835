import { useRef } from 'preact/hooks'
import { useCommands } from '../../state/commands.ts'
import { go, place } from '../../state/place.ts'

/** A filter in SQL, as after WHERE. */
export const WhereForm = ({ refused }: { readonly refused: boolean }) => {
  const ref = useRef<HTMLInputElement>(null)
  const { where } = place.value
  useCommands({ filter: () => ref.current?.focus() })
  return (
    <form
      class="where grow"
      onSubmit={(event) => {
        event.preventDefault()
        go({ where: ref.current?.value.trim() ?? '' })
      }}
    >
      <label class="mono" for="where">
        WHERE
      </label>
      <input
        id="where"
        key={where}
        ref={ref}
        class="mono grow"
        defaultValue={where}
        placeholder="difficulty > 0.7 AND verdict = 'partial'"
        spellcheck={false}
        autocomplete="off"
        aria-invalid={refused && where !== ''}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur()
        }}
      />
      {where === '' ? null : (
        <button
          type="button"
          class="plain"
          aria-label="Clear the SQL filter"
          onClick={() => go({ where: '' })}
        >
          ✕
        </button>
      )}
      <button type="submit">Filter</button>
    </form>
  )
}
