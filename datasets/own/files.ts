/** Splits that a folder of the user's own files may have; `all` is every file taken together. */
export const ownSplits = ['train', 'valid', 'test', 'all']

/**
 * Names to look for: `<split>.<ending>`; for the split `all`, or where the folder is itself a file, any file of that
 * ending. `val` and `valid` are the same.
 */
export const candidates = (folder: string, split: string, ending: string): ReadonlyArray<string | RegExp> => {
  const any = new RegExp(`\\.${ending}$`)
  if (split === 'all' || /\.(jsonl|csv|parquet)(\.gz)?$/.test(folder)) return [`all.${ending}`, any]
  return split === 'valid' ? [`valid.${ending}`, `val.${ending}`] : [`${split}.${ending}`]
}
