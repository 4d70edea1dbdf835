const palette = [
  '--annotated',
  '--proposals',
  '--true',
  '--prediction',
  '--review',
  '--verified',
  '--rollout',
  '--curated',
]

/** The custom property of the colour of the i-th curve. */
export const colourOf = (index: number): string => palette[index % palette.length]!

/** A custom property as a colour that a canvas takes; it depends on the theme. */
export const resolved = (property: string): string => {
  const probe = document.createElement('span')
  probe.style.color = `var(${property})`
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
