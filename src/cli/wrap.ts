/** The widest line on a terminal. */
const WIDTH = 80;

/** Breaks a text into lines between words; continued lines are indented by `indent`. */
export function wrap(text: string, indent = 0, width = WIDTH): string {
  return text
    .split('\n')
    .map((paragraph) => wrapOne(paragraph, indent, width))
    .join('\n');
}

function wrapOne(text: string, indent: number, width: number): string {
  const [margin] = /^ */.exec(text)!;
  const lines: string[] = [];
  let line = margin;
  let empty = true;
  for (const word of text.slice(margin.length).split(' ')) {
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = ' '.repeat(indent);
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line].join('\n');
}

/** Rows of a name and a sentence in two columns, the second of them broken between words. */
export function columns(rows: readonly (readonly [string, string])[], indent = 2, most = 24): string {
  const width = Math.min(most, Math.max(...rows.map(([name]) => name.length)));
  const at = indent + width + 2;
  return rows
    .map(([name, text]) => {
      const start = ' '.repeat(indent) + name;
      if (name.length > width) return `${start}\n${wrap(' '.repeat(at) + text, at)}`;
      return wrapAfter(start.padEnd(at), text, at);
    })
    .join('\n');
}

/** A text after a head of `at` characters that stays as it is. */
const wrapAfter = (head: string, text: string, at: number): string => head + wrap(' '.repeat(at) + text, at).slice(at);
