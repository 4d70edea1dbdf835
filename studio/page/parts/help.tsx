import { signal } from '@preact/signals'
import { keyCaps, type Shortcut, shortcuts } from '../logic/keys.ts'
import { useCommands } from '../state/commands.ts'
import { Dialog } from './dialog.tsx'

const open = signal(false)

export const openHelp = (): void => {
  open.value = true
}

const groups: ReadonlyArray<Shortcut['group']> = ['Play', 'Intervals', 'Time line', 'Decide', 'Page']

const Group = ({ name }: { readonly name: Shortcut['group'] }) => (
  <section>
    <h3>{name}</h3>
    <ul>
      {shortcuts
        .filter(({ group }) => group === name)
        .map(({ key, does }) => (
          <li key={key}>
            <span>
              {keyCaps(key).map((cap) => (
                <kbd key={cap}>{cap}</kbd>
              ))}
            </span>
            {does}
          </li>
        ))}
    </ul>
  </section>
)

/** The list of shortcuts that `?` opens. */
export const Help = () => {
  useCommands({ help: openHelp })
  if (!open.value) return null
  return (
    <Dialog title="Keyboard shortcuts" onClose={() => (open.value = false)}>
      <p class="muted">
        The wheel zooms the time line at the pointer, with Shift it pans. No shortcut fires while you type.
      </p>
      <div class="keys">
        {groups.map((name) => (
          <Group key={name} name={name} />
        ))}
      </div>
    </Dialog>
  )
}
