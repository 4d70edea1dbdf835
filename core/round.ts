/** Nearest whole number, halves to the even one, as Python and NumPy round: 2.5 gives 2, 3.5 gives 4. */
export const roundHalfEven = (value: number): number => {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}

/**
 * More than rounding makes a share or a product of one miss its exact value: 0.28 of 25 is 7.000000000000001 in floating
 * point, 1 - 0.7 is 0.30000000000000004.
 */
export const roundingError = 1e-9
