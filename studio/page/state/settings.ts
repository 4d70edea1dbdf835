import { computed, effect } from '@preact/signals'
import { kept } from './kept.ts'
import { runs } from './runs.ts'

const reviewerName = kept('reviewer')

/** In whose name decisions are made. */
export const reviewer = computed(() => reviewerName.value.value ?? runs.value?.reviewer ?? '')
export const setReviewer = (name: string): void => {
  // As the server writes names: é is one character, or two that look the same.
  const plain = name.trim().normalize('NFC')
  reviewerName.keep(plain === '' ? null : plain)
}

const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]
const themeName = kept('theme')
export const theme = computed((): Theme => themes.find((each) => each === themeName.value.value) ?? 'system')
export const nextTheme = (): void =>
  themeName.keep(themes[(themes.indexOf(theme.peek()) + 1) % themes.length] ?? null)

effect(() => {
  document.documentElement.dataset.theme = theme.value
})
