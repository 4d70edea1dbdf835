/** A command as a POSIX shell reads it back word by word. */
export const shellQuote = (command: ReadonlyArray<string>): string =>
  command
    .map((word) => (/^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ')

/** How Spanwise is started on a machine where nothing is installed, in its own folder. */
const start = 'npx pnpm@12 spanwise'

/** A Spanwise command that can be pasted into a shell: `npx pnpm@12 spanwise dea --run 'my run'`. */
export const spanwiseCommand = (...words: ReadonlyArray<string>): string => `${start} ${shellQuote(words)}`

/** A message with its short command names ("spanwise curate") replaced by commands that can be pasted into a shell. */
export const typedCommands = (message: string): string =>
  message.replaceAll(/(["`])spanwise (?=[a-z-])/g, `$1${start} `)
