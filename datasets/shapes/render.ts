import { hash32 } from '../../core/index.ts'
import {
  type Actor,
  type Colour,
  centreAt,
  lattice,
  type Scene,
  type Shape,
  ticksPerSecond,
} from './scene.ts'

/**
 * Drawing. Only integer arithmetic and correctly rounded operations (+, -, *, /, floor) are used, so the bytes are the
 * same on every machine.
 */
const palette: { readonly [colour in Colour]: readonly [number, number, number] } = {
  red: [230, 40, 40],
  green: [40, 200, 70],
  blue: [50, 90, 245],
  yellow: [240, 220, 40],
  purple: [190, 60, 220],
  white: [245, 245, 245],
}

/** The corners of a five-pointed star of radius 1, to four digits: outer and inner by turns, from the top. */
const starCorners: ReadonlyArray<readonly [number, number]> = [
  [0, -1.1],
  [0.2763, -0.3804],
  [1.0461, -0.3399],
  [0.4471, 0.1453],
  [0.6466, 0.8899],
  [0, 0.4702],
  [-0.6466, 0.8899],
  [-0.4471, 0.1453],
  [-1.0461, -0.3399],
  [-0.2763, -0.3804],
]

const insidePolygon = (corners: ReadonlyArray<readonly [number, number]>, x: number, y: number): boolean => {
  let inside = false
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [xi, yi] = corners[i]!
    const [xj, yj] = corners[j]!
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside
  }
  return inside
}

/** Whether the point, in radii from the centre, belongs to the shape. */
const inside = (shape: Shape, x: number, y: number): boolean => {
  switch (shape) {
    case 'circle':
      return x * x + y * y <= 1
    case 'square':
      return Math.max(Math.abs(x), Math.abs(y)) <= 0.88
    case 'triangle':
      return y <= 0.8 && Math.abs(x) <= (y + 1) * 0.56
    case 'cross':
      return Math.max(Math.abs(x), Math.abs(y)) <= 1 && Math.min(Math.abs(x), Math.abs(y)) <= 0.34
    case 'star':
      return insidePolygon(starCorners, x, y)
  }
}

/** Half the width of a stencil: the star reaches 1.1 radii. */
const reach = (radius: number): number => Math.ceil(radius * 1.1)

const stencils = new Map<string, Uint8Array>()

/** The points a shape covers, [2 reach + 1, 2 reach + 1], 1 inside. */
const stencil = (shape: Shape, radius: number): Uint8Array => {
  const key = `${shape} ${radius}`
  const known = stencils.get(key)
  if (known !== undefined) return known
  const half = reach(radius)
  const width = 2 * half + 1
  const drawn = new Uint8Array(width * width)
  for (let y = 0; y < width; y++)
    for (let x = 0; x < width; x++)
      drawn[y * width + x] = inside(shape, (x - half) / radius, (y - half) / radius) ? 1 : 0
  stencils.set(key, drawn)
  return drawn
}

const backgrounds = new WeakMap<Scene, Map<number, Uint8Array>>()

/** The noisy background, drawn once a scene and size. Its grain is two lattice points wide, to survive a halving. */
const background = (scene: Scene, size: number): Uint8Array => {
  const sizes = backgrounds.get(scene) ?? new Map<number, Uint8Array>()
  backgrounds.set(scene, sizes)
  const known = sizes.get(size)
  if (known !== undefined) return known
  const grains = lattice / 2
  const key = hash32(scene.seed)
  const grain = new Int16Array(grains * grains)
  for (let i = 0; i < grain.length; i++) {
    let h = Math.imul(key ^ Math.imul(i + 1, 0x9e3779b1), 0x85ebca6b)
    h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35)
    grain[i] = ((((h ^ (h >>> 16)) >>> 8) & 255) * scene.noise) / 255 - scene.noise / 2
  }
  const [red, green, blue] = scene.background
  const rgb = new Uint8Array(size * size * 3)
  for (let y = 0, o = 0; y < size; y++) {
    const row = Math.floor((y * grains) / size) * grains
    for (let x = 0; x < size; x++, o += 3) {
      const level = grain[row + Math.floor((x * grains) / size)]!
      rgb[o] = red + level
      rgb[o + 1] = green + level
      rgb[o + 2] = blue + level
    }
  }
  sizes.set(size, rgb)
  return rgb
}

const paint = (rgb: Uint8Array, offset: number, size: number, scene: Scene, actor: Actor, tick: number) => {
  const centre = centreAt(actor, tick)
  if (centre === null) return
  const half = reach(actor.radius)
  const width = 2 * half + 1
  const mask = stencil(actor.shape, actor.radius)
  const [red, green, blue] = palette[actor.colour]
  const left = centre[0] - half
  const top = centre[1] - half
  // Lattice points to a pixel's side (at least one), and pixels to a lattice point.
  const points = Math.max(1, Math.floor(lattice / size))
  const scale = size / lattice
  const first = (low: number) => Math.max(0, Math.floor(low * scale))
  const last = (high: number) => Math.min(size - 1, Math.floor((high + 1) * scale))
  for (let y = first(top); y <= last(top + width); y++) {
    const fromY = Math.floor(y / scale) - top
    for (let x = first(left); x <= last(left + width); x++) {
      const fromX = Math.floor(x / scale) - left
      let covered = 0
      for (let j = fromY; j < fromY + points; j++)
        if (j >= 0 && j < width)
          for (let i = fromX; i < fromX + points; i++)
            if (i >= 0 && i < width) covered += mask[j * width + i]!
      if (covered === 0) continue
      const share = Math.floor((covered * scene.contrast) / (points * points))
      const o = offset + (y * size + x) * 3
      rgb[o] = (rgb[o]! * (256 - share) + red * share) >> 8
      rgb[o + 1] = (rgb[o + 1]! * (256 - share) + green * share) >> 8
      rgb[o + 2] = (rgb[o + 2]! * (256 - share) + blue * share) >> 8
    }
  }
}

const draw = (scene: Scene, time: number, size: number, rgb: Uint8Array, offset: number): void => {
  rgb.set(background(scene, size), offset)
  const tick = Math.max(0, Math.min(scene.ticks - 1, Math.floor(time * ticksPerSecond + 1e-6)))
  for (const actor of scene.actors) paint(rgb, offset, size, scene, actor, tick)
}

/**
 * The frame shown at `time` seconds, as RGB [size, size, 3]. Any size; 64 pixels give what 128 pixels
 * averaged two by two would give, to within two grey levels.
 */
export const renderFrame = (scene: Scene, time: number, size: number): Uint8Array => {
  const rgb = new Uint8Array(size * size * 3)
  draw(scene, time, size, rgb, 0)
  return rgb
}

/** The frames at `times` seconds in one array, RGB [N, size, size, 3]. */
export const renderFrames = (scene: Scene, times: ReadonlyArray<number>, size: number): Uint8Array => {
  const frame = size * size * 3
  const rgb = new Uint8Array(times.length * frame)
  times.forEach((time, index) => {
    draw(scene, time, size, rgb, index * frame)
  })
  return rgb
}

/** Every frame of the scene at its own rate, 8 a second, one after the other. */
export function* frames(scene: Scene, size = lattice): Generator<Uint8Array> {
  for (let tick = 0; tick < scene.ticks; tick++) yield renderFrame(scene, tick / ticksPerSecond, size)
}
