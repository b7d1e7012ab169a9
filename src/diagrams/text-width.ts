/**
 * Advance widths of the printable ASCII characters, from the space on, in hundredths of the font's size: those of DejaVu
 * Sans, the widest of the fonts in `FONT_FAMILY`, so that nothing overflows whichever of them a reader has.
 */
// prettier-ignore
const WIDTHS = [
  32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 53,
  100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79, 60, 79, 69, 63, 61, 73, 68, 99, 69, 61, 69, 39, 34, 39, 84, 50,
  50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84,
] as const

/** DejaVu Sans Bold beside DejaVu Sans; at most, for letters. */
const BOLD = 1.15

export const FONT_FAMILY = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

/** How wide a line of text is at most, in px, at a font size in px. */
export function textWidth(text: string, size: number, bold = false): number {
  let hundredths = 0
  for (const character of text) hundredths += WIDTHS[character.charCodeAt(0) - 32] ?? 100
  return Math.ceil((hundredths * size * (bold ? BOLD : 1)) / 100)
}

/** Broken at spaces into lines that are no wider than that, where a single word is not. */
export function wrapText(text: string, size: number, width: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && textWidth(`${last} ${word}`, size) <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
