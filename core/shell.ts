/** A command as a POSIX shell reads it back word by word. */
export const shellQuote = (command: ReadonlyArray<string>): string =>
  command
    .map((word) => (/^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ')

/** How Spanwise is started on a machine where nothing is installed, in its own folder. */
const start = 'npx pnpm@12 spanwise'

/** A command of Spanwise that can be typed as it stands: `npx pnpm@12 spanwise dea --run 'my run'`. */
export const spanwiseCommand = (...words: ReadonlyArray<string>): string => `${start} ${shellQuote(words)}`

/** A message in which commands are named shortly ("spanwise curate") with commands that can be typed as they stand. */
export const typedCommands = (message: string): string =>
  message.replaceAll(/(["`])spanwise (?=[a-z-])/g, `$1${start} `)
