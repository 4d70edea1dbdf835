import { computed } from '@preact/signals'
import type { View } from '../../api/index.ts'
import { place } from './place.ts'

/** Which rows of the table the address asks for, without its columns: the same for table, histogram and neighbours. */
export const view = computed((): Omit<View, 'columns'> => {
  const { relation, filters, where, sort } = place.value
  return { relation, filters, where: where.trim() === '' ? null : where, sort }
})

/** The `view` parameter; unequal texts are unequal views. */
export const viewText = computed(() => JSON.stringify(view.value))

export const viewWith = (columns: ReadonlyArray<string>): string => JSON.stringify({ ...view.value, columns })
