/**
 * The arguments that the command's own flags do not consume, unchanged: `spanwise folds run` passes them on to the
 * command of each fold, so that a flag of that command need not be known here.
 *
 * @param words after the name of the command.
 * @param own names of its own flags; a `value` takes the next word unless it has one after `=`.
 */
export const handedOn = (
  words: ReadonlyArray<string>,
  own: { readonly [flag: string]: 'value' | 'switch' },
): ReadonlyArray<string> => {
  const handed: Array<string> = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    const [flag = '', inline] = word.split(/=(.*)/s)
    const name = flag.replace(/^--(no-)?/, '')
    const kind = flag.startsWith('--') && Object.hasOwn(own, name) ? own[name] : undefined
    if (kind === undefined) handed.push(word)
    else if (kind === 'value' && inline === undefined) i++
  }
  return handed
}
