/** A profile as V8 writes it (`--cpu-prof`): a tree of calls, and at which of its nodes each sample was. */
export interface Profile {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
    children?: number[];
  }[];
  samples: number[];
  timeDeltas: number[];
}

/** What is no work: the process slept. */
const ASLEEP = new Set(['(idle)', '(root)']);

const nameOf = ({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string => {
  const file = url.split('/').at(-1)!;
  return `${functionName === '' ? '(anonymous)' : functionName}${file === '' ? '' : ` ${file}:${lineNumber + 1}`}`;
};

function timesOf({ samples, timeDeltas }: Profile): Map<number, number> {
  const times = new Map<number, number>();
  for (const [i, id] of samples.entries()) times.set(id, (times.get(id) ?? 0) + timeDeltas[i]!);
  return times;
}

/** Share of the working time that each function took itself, the largest first. */
export function selfTimes(profile: Profile): { name: string; share: number }[] {
  const times = timesOf(profile);
  const byName = new Map<string, number>();
  for (const { id, callFrame } of profile.nodes) {
    if (ASLEEP.has(callFrame.functionName)) continue;
    const name = nameOf(callFrame);
    byName.set(name, (byName.get(name) ?? 0) + (times.get(id) ?? 0));
  }
  const whole = [...byName.values()].reduce((sum, time) => sum + time, 0);
  return [...byName].map(([name, time]) => ({ name, share: time / whole })).sort((a, b) => b.share - a.share);
}

const WIDTH = 1200;
const ROW = 17;
/** Narrower boxes cannot be seen, px. */
const LEAST = 0.5;

/** A flame graph, one file that any browser shows: callers below, width is time; names and shares on pointing. */
export function flameGraph(profile: Profile): string {
  const times = timesOf(profile);
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const totals = new Map<number, number>();
  const total = (id: number): number => {
    const node = nodes.get(id)!;
    const own = ASLEEP.has(node.callFrame.functionName) ? 0 : (times.get(id) ?? 0);
    const sum = own + (node.children ?? []).reduce((all, child) => all + total(child), 0);
    totals.set(id, sum);
    return sum;
  };
  const root = profile.nodes[0]!.id;
  const whole = total(root);
  const boxes: { x: number; depth: number; width: number; name: string }[] = [];
  const lay = (id: number, x: number, depth: number): void => {
    const width = (totals.get(id)! / whole) * WIDTH;
    if (width < LEAST) return;
    const { callFrame, children = [] } = nodes.get(id)!;
    boxes.push({ x, depth, width, name: nameOf(callFrame) });
    let at = x;
    for (const child of children) {
      lay(child, at, depth + 1);
      at += (totals.get(child)! / whole) * WIDTH;
    }
  };
  lay(root, 0, 0);
  const height = (Math.max(...boxes.map(({ depth }) => depth)) + 1) * ROW;
  const drawn = boxes.map(({ x, depth, width, name }) => {
    const y = height - (depth + 1) * ROW;
    const text = escaped(name.slice(0, Math.floor(width / 6.5)));
    const title = escaped(`${name}: ${((width / WIDTH) * 100).toFixed(1)} %`);
    const box = `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 1}" fill="${colourOf(name)}"/>`;
    return `<g><title>${title}</title>${box}<text x="${(x + 3).toFixed(1)}" y="${y + 12}">${text}</text></g>`;
  });
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="monospace" font-size="11">`;
  return `${head}\n${drawn.join('\n')}\n</svg>\n`;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The same function always has the same warm colour. */
function colourOf(name: string): string {
  let hash = 0;
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)!) % 997;
  return `hsl(${10 + (hash % 45)} 80% ${62 + (hash % 14)}%)`;
}
