/**
 * The printable character that stands for each byte in a byte-level vocabulary (GPT-2's table): printable Latin-1 bytes
 * stand for themselves, the others for the characters from U+0100 on, in order.
 */
export const byteToCharacter: ReadonlyArray<string> = (() => {
  const printable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff)
  let next = 0x100
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++))
})()
