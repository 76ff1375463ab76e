/** Text, or text with the colour that it gets once it is wrapped and padded. */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

/**
 * Rows under dim headings, two columns in, wrapped at the widths. Our own because drawing with cli-table3 took 20 to 40 ms,
 * a fifth of what `status --offline` may take.
 * @param widths in characters; with the gaps of one space they add up to the width of the table
 */
export function drawTable(
  head: readonly string[],
  widths: readonly number[],
  rows: readonly (readonly Cell[])[],
  dim: (text: string) => string,
): string {
  const heading = head.map((text) => ({ text, paint: dim }));
  return [heading, ...rows].map((row) => drawRow(row, widths)).join('');
}

function drawRow(row: readonly Cell[], widths: readonly number[]): string {
  const cells = row.map((cell, column) => {
    const { text, paint } = typeof cell === 'string' ? { text: cell, paint: (plain: string) => plain } : cell;
    return { lines: wrap(text, widths[column] ?? 0), paint };
  });
  const height = Math.max(...cells.map(({ lines }) => lines.length));
  return Array.from({ length: height }, (_, index) => {
    const last = cells.findLastIndex(({ lines }) => (lines[index] ?? '') !== '');
    const line = cells.slice(0, last + 1).map(({ lines, paint }, column) => {
      const text = lines[index] ?? '';
      const padding = column === last ? '' : ' '.repeat((widths[column] ?? 0) - text.length);
      return `${text === '' ? '' : paint(text)}${padding}`;
    });
    return `  ${line.join(' ')}\n`;
  }).join('');
}

/** Lines of at most so many characters, broken at spaces; a longer word is broken where it has to be. */
function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ').flatMap((each) => cut(each, width))) {
    const line = lines[lines.length - 1] ?? '';
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function cut(word: string, width: number): readonly string[] {
  return word.length <= width ? [word] : [word.slice(0, width), ...cut(word.slice(width), width)];
}
