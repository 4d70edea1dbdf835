import { useEffect, useRef } from 'preact/hooks'
import { type Command, commandOf, focusOf } from '../logic/keys.ts'

export type Handlers = { readonly [Name in Command]?: () => void }

/** The handlers of what is on the page now; later ones come first. */
const active: Array<{ readonly current: Handlers }> = []

const onKey = (event: KeyboardEvent): void => {
  // An open dialog has its own keys.
  if (event.defaultPrevented || document.querySelector('dialog[open]') !== null) return
  const target = event.target instanceof HTMLElement ? event.target : document.body
  const { key, shiftKey, ctrlKey, metaKey, altKey, isComposing } = event
  const focus = focusOf({
    tagName: target.tagName,
    type: target.getAttribute('type') ?? undefined,
    role: target.getAttribute('role'),
    isContentEditable: target.isContentEditable,
  })
  const command = commandOf({ key, shiftKey, ctrlKey, metaKey, altKey, isComposing, target: focus })
  if (command === null) return
  const handler = active.findLast(({ current }) => current[command] !== undefined)
  if (handler === undefined) return
  event.preventDefault()
  handler.current[command]!()
}

addEventListener('keydown', onKey)

/** Answers commands of the keyboard while the component is on the page. */
export const useCommands = (handlers: Handlers): void => {
  const ref = useRef(handlers)
  ref.current = handlers
  useEffect(() => {
    active.push(ref)
    return () => {
      active.splice(active.indexOf(ref), 1)
    }
  }, [])
}
