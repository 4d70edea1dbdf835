/** Nearest whole number, halves to the even one, as Python and NumPy round: 2.5 gives 2, 3.5 gives 4. */
export const roundHalfEven = (value: number): number => {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}
