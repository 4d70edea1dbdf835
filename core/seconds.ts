/**
 * A time with one decimal as Python's `f'{t:.1f}'` writes it: halves go to the even digit. Two frames a second put every
 * other pair on a quarter of a second, so `toFixed`, which rounds halves up, would differ from training.
 */
export const oneDecimal = (seconds: number): string => {
  const quarters = seconds * 4
  if (!Number.isInteger(quarters) || quarters % 2 === 0) return seconds.toFixed(1)
  const tenths = Math.floor(seconds * 10)
  const even = tenths % 2 === 0 ? tenths : tenths + 1
  return (even / 10).toFixed(1)
}
