/** What a key does on the page. */
export type Command =
  | 'play'
  | 'slower'
  | 'pause'
  | 'faster'
  | 'back'
  | 'forward'
  | 'back-second'
  | 'forward-second'
  | 'previous-frame'
  | 'next-frame'
  | 'previous-interval'
  | 'next-interval'
  | 'lane-above'
  | 'lane-below'
  | 'take'
  | 'set-start'
  | 'set-end'
  | 'start-earlier'
  | 'start-later'
  | 'end-earlier'
  | 'end-later'
  | 'start-second-earlier'
  | 'start-second-later'
  | 'end-second-earlier'
  | 'end-second-later'
  | 'add-window'
  | 'remove-window'
  | 'loop'
  | 'zoom-in'
  | 'zoom-out'
  | 'reset-zoom'
  | 'go-to'
  | 'next-sample'
  | 'previous-sample'
  | 'accept'
  | 'reject'
  | 'repair'
  | 'note'
  | 'undo'
  | 'filter'
  | 'help'
  | 'leave'

export interface Shortcut {
  /** `KeyboardEvent.key`, letters in lower case; `shift+` before it where the key counts only with Shift. */
  readonly key: string
  readonly command: Command
  readonly group: 'Play' | 'Intervals' | 'Time line' | 'Decide' | 'Page'
  readonly does: string
}

const shortcut = (key: string, command: Command, group: Shortcut['group'], does: string): Shortcut => ({
  key,
  command,
  group,
  does,
})

/** Every shortcut, in the order of the list that `?` opens. */
export const shortcuts: ReadonlyArray<Shortcut> = [
  shortcut(' ', 'play', 'Play', 'play or pause'),
  shortcut('j', 'slower', 'Play', 'slower; backwards when pressed on'),
  shortcut('k', 'pause', 'Play', 'pause, and speed back to 1'),
  shortcut('l', 'faster', 'Play', 'play; faster when pressed on'),
  shortcut('ArrowLeft', 'back', 'Play', '0.1 s back'),
  shortcut('ArrowRight', 'forward', 'Play', '0.1 s on'),
  shortcut('shift+ArrowLeft', 'back-second', 'Play', '1 s back'),
  shortcut('shift+ArrowRight', 'forward-second', 'Play', '1 s on'),
  shortcut(',', 'previous-frame', 'Play', 'one frame back'),
  shortcut('.', 'next-frame', 'Play', 'one frame on'),
  shortcut('g', 'go-to', 'Play', 'type a time to go to'),
  shortcut('[', 'previous-interval', 'Intervals', 'select the previous interval'),
  shortcut(']', 'next-interval', 'Intervals', 'select the next interval'),
  shortcut('ArrowUp', 'lane-above', 'Intervals', 'select the lane above'),
  shortcut('ArrowDown', 'lane-below', 'Intervals', 'select the lane below'),
  shortcut('t', 'take', 'Intervals', 'copy the selected interval to your lane'),
  shortcut('i', 'set-start', 'Intervals', 'start of the selected window to the playhead'),
  shortcut('o', 'set-end', 'Intervals', 'end of the selected window to the playhead'),
  shortcut('q', 'start-earlier', 'Intervals', 'start 0.1 s earlier'),
  shortcut('w', 'start-later', 'Intervals', 'start 0.1 s later'),
  shortcut('e', 'end-earlier', 'Intervals', 'end 0.1 s earlier'),
  shortcut('r', 'end-later', 'Intervals', 'end 0.1 s later'),
  shortcut('shift+q', 'start-second-earlier', 'Intervals', 'start 1 s earlier'),
  shortcut('shift+w', 'start-second-later', 'Intervals', 'start 1 s later'),
  shortcut('shift+e', 'end-second-earlier', 'Intervals', 'end 1 s earlier'),
  shortcut('shift+r', 'end-second-later', 'Intervals', 'end 1 s later'),
  shortcut('b', 'add-window', 'Intervals', 'add a window that begins at the playhead'),
  shortcut('Delete', 'remove-window', 'Intervals', 'remove the selected window'),
  shortcut('c', 'loop', 'Intervals', 'loop the selected interval, or stop looping'),
  shortcut('+', 'zoom-in', 'Time line', 'zoom in at the playhead'),
  shortcut('-', 'zoom-out', 'Time line', 'zoom out'),
  shortcut('0', 'reset-zoom', 'Time line', 'show the whole video'),
  shortcut('a', 'accept', 'Decide', 'accept the sample as annotated'),
  shortcut('x', 'reject', 'Decide', 'reject the sample'),
  shortcut('s', 'repair', 'Decide', 'save the windows of your lane as the repair'),
  shortcut('m', 'note', 'Decide', 'write a note'),
  shortcut('z', 'undo', 'Decide', 'undo your latest decision (Ctrl+Z too)'),
  shortcut('n', 'next-sample', 'Page', 'next sample of the view'),
  shortcut('p', 'previous-sample', 'Page', 'previous sample of the view'),
  shortcut('/', 'filter', 'Page', 'type an SQL filter'),
  shortcut('?', 'help', 'Page', 'show this list'),
  shortcut('Escape', 'leave', 'Page', 'close, or back to the table'),
]

const commands = new Map(shortcuts.map(({ key, command }) => [key, command]))

/** Other keys that mean the same, as on the keypad or without Shift on some layouts. */
const aliases: { readonly [key: string]: string } = {
  Spacebar: ' ',
  Backspace: 'Delete',
  '=': '+',
  Del: 'Delete',
  Esc: 'Escape',
}

/** The part of a `KeyboardEvent` that decides. */
export interface Pressed {
  readonly key: string
  readonly shiftKey: boolean
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
  /** An input method is composing text. */
  readonly isComposing: boolean
  /** What has the focus. */
  readonly target: Focus
}

/** `text`: takes characters. `control`: takes Space, Enter and arrows, as a button does. `page`: anything else. */
export type Focus = 'text' | 'control' | 'page'

const notText = new Set(['button', 'checkbox', 'color', 'file', 'image', 'radio', 'range', 'reset', 'submit'])
const roles = new Set([
  'button',
  'tab',
  'menuitem',
  'option',
  'slider',
  'switch',
  'checkbox',
  'radio',
  'link',
])

/** What an element does with keys, from its tag, its `type` and `role`, and whether its content can be edited. */
export const focusOf = (element: {
  readonly tagName: string
  readonly type?: string | undefined
  readonly role?: string | null | undefined
  readonly isContentEditable?: boolean | undefined
}): Focus => {
  const tag = element.tagName.toLowerCase()
  if (element.isContentEditable === true || tag === 'textarea' || tag === 'select') return 'text'
  if (element.role === 'textbox' || element.role === 'searchbox' || element.role === 'combobox') return 'text'
  if (tag === 'input') return notText.has(element.type ?? 'text') ? 'control' : 'text'
  if (tag === 'button' || tag === 'a' || tag === 'summary' || roles.has(element.role ?? '')) return 'control'
  return 'page'
}

const arrows = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown']
const ofControls = new Set([' ', 'Enter', ...arrows, ...arrows.map((arrow) => `shift+${arrow}`)])

/** The command of a key; null where there is none, or where the key belongs to what has the focus. */
export const commandOf = ({ key, target, ...pressed }: Pressed): Command | null => {
  if (pressed.isComposing || target === 'text') return null
  const control = pressed.ctrlKey || pressed.metaKey
  // AltGr, with which some layouts write brackets, arrives as Ctrl and Alt together.
  const altGraph = pressed.ctrlKey && pressed.altKey
  if (control && !altGraph) return key.toLowerCase() === 'z' && !pressed.shiftKey ? 'undo' : null
  if (pressed.altKey && !altGraph) return null
  const plain = aliases[key] ?? (key.length === 1 ? key.toLowerCase() : key)
  const name =
    pressed.shiftKey && (commands.has(`shift+${plain}`) || plain.length > 1) ? `shift+${plain}` : plain
  if (target === 'control' && ofControls.has(name)) return null
  return commands.get(name) ?? null
}

const shown: { readonly [key: string]: string } = {
  ' ': 'Space',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
}

/** A key as a keyboard shows it, e.g. `Shift` and `Q`. */
export const keyCaps = (key: string): ReadonlyArray<string> => {
  const cap = (one: string) => shown[one] ?? (one.length === 1 ? one.toUpperCase() : one)
  return key.startsWith('shift+') ? ['Shift', cap(key.slice(6))] : [cap(key)]
}
