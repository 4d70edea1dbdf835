/** Whether a marker starts a picture (SOF0 to SOF15, without the table markers among them). */
const isFrameHeader = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc

/**
 * Whether a JPEG has a picture header and a scan behind it (ITU-T T.81, annex B). FFmpeg's decoder gives a frame for one
 * without, which shows whatever its memory held: mostly an older frame.
 */
export const hasScan = (data: Uint8Array): boolean => {
  let framed = false
  for (let at = 2; at + 4 <= data.length; ) {
    if (data[at] !== 0xff) return false
    const marker = data[at + 1]!
    if (marker === 0xff) {
      at++
      continue
    }
    if (marker === 0xda) return framed
    framed ||= isFrameHeader(marker)
    at += 2 + data[at + 2]! * 256 + data[at + 3]!
  }
  return false
}
