/** Splits that a folder of own files may have; `all` is all files together. */
export const ownSplits = ['train', 'valid', 'test', 'all']

/**
 * Names to look for: `<split>.<extension>`; for the split `all`, or if the folder is itself a file, any file with that
 * extension. `val` and `valid` are the same.
 */
export const candidates = (folder: string, split: string, ending: string): ReadonlyArray<string | RegExp> => {
  const any = new RegExp(`\\.${ending}$`)
  if (split === 'all' || /\.(jsonl|csv|parquet)(\.gz)?$/.test(folder)) return [`all.${ending}`, any]
  return split === 'valid' ? [`valid.${ending}`, `val.${ending}`] : [`${split}.${ending}`]
}
