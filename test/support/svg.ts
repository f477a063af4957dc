/** What the pictures of reports have in common: small SVG files that a browser and GitHub show as they are. */

/** A picture on white; `title` is its name for those who cannot see it. */
export function svg(title: string, width: number, height: number, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

export const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Coordinates need no more than a tenth. */
export const tenths = (value: number): number => Math.round(value * 10) / 10;
