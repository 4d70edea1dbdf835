/** One claim as a comparison of two arms: `better` is claimed to be ahead of `than`. */
export interface Claim {
  readonly name: string
  readonly better: string
  readonly than: string
  /** Whose claim it is. */
  readonly by: 'paper' | 'ours'
}

const paper = (name: string, better: string, than: string): Claim => ({ name, better, than, by: 'paper' })
const ours = (name: string, better: string, than: string): Claim => ({ name, better, than, by: 'ours' })

/** Holm's adjustment is over this whole list. */
export const claims: ReadonlyArray<Claim> = [
  paper('partial annotations mislead training (0 % against 60 %)', 'dose-0', 'dose-60'),
  paper('... under SFT', 'dose-0-sft', 'dose-60-sft'),
  paper('dropping what boundary reflection flags helps', 'bra', 'random'),
  paper('... under SFT', 'bra-sft', 'random-sft'),
  paper('difficulty selection helps', 'dea', 'random'),
  paper('... under SFT', 'dea-sft', 'random-sft'),
  paper('both agents together help', 'curated', 'random'),
  paper('... under SFT', 'curated-sft', 'random-sft'),
  ours('both agents are better than boundary reflection alone', 'curated', 'bra'),
  ours('... under SFT', 'curated-sft', 'bra-sft'),
  paper('masks that fade with the steps help (linear)', 'mask-linear', 'curated'),
  ours('adaptive masks help', 'mask-adaptive', 'curated'),
  ours('masks on failure help', 'mask-on-failure', 'curated'),
  paper('a curated tenth beats all data, GRPO', 'curated', 'all'),
  paper('a curated tenth beats all data, SFT', 'curated-sft', 'all-sft'),
  paper('a tenth that boundary reflection kept beats all data, GRPO', 'bra', 'all'),
  paper('a tenth that boundary reflection kept beats all data, SFT', 'bra-sft', 'all-sft'),
  paper('a curated tenth beats a random fifth', 'curated', 'random-fifth'),
  ours('repairing is better than dropping', 'repair', 'curated'),
  ours('... under SFT', 'repair-sft', 'curated-sft'),
  ours('down-weighting is better than dropping', 'downweight', 'curated'),
  ours('injecting the annotation helps', 'inject', 'curated'),
  ours('a Wasserstein reward helps', 'wasserstein', 'curated'),
  ours('long evidence first helps', 'length-order', 'curated'),
  ours('the truth in place of boundary reflection helps', 'oracle', 'curated'),
  ours('the truth in place of annotations helps', 'oracle-repair', 'curated'),
  ours('judging a quarter of the pool is better than judging all', 'screened', 'curated'),
]
