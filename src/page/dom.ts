type Child = Node | string | undefined | false | Child[];

/**
 * An element. Texts become text nodes and never markup: most of what is shown came over a wire.
 * @param attributes as in HTML, `class` too; undefined and false are left out, true is empty
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string | boolean | undefined> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  append(element, children);
  return element;
}

function append(element: Element, children: Child[]): void {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child !== undefined && child !== false) element.append(child);
  }
}

/** A part of the page, with its heading; what is empty says so in its own words. */
export const section = (id: string, title: string, ...children: Child[]): HTMLElement =>
  h('section', { id, 'aria-labelledby': `${id}-title` }, h('h2', { id: `${id}-title` }, title), ...children);

/** A column of a table: `num` are figures, aligned at their ends. */
export interface Column {
  head: string;
  num?: boolean;
  /** Left out where there is no room for all. */
  extra?: boolean;
}

/**
 * A table in a frame that scrolls by itself, so that the page never does sideways. The first cell of a row names it.
 * @param look `stacks`: on a narrow screen a row is a sentence. `tight`: it has its columns closer there
 */
export function table(caption: string, columns: Column[], rows: Child[][], look?: 'stacks' | 'tight'): HTMLElement {
  const classOf = ({ num, extra }: Column): string | undefined =>
    [num && 'num', extra && 'extra'].filter(Boolean).join(' ') || undefined;
  const cell = (child: Child, at: number): HTMLElement => {
    const name = classOf(columns[at]!);
    return at === 0 ? h('th', { scope: 'row', class: name }, child) : h('td', { class: name }, child);
  };
  return h(
    'div',
    { class: look ? `scroll ${look}` : 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    h(
      'table',
      {},
      h('caption', {}, h('span', {}, caption)),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          columns.map((column) => h('th', { scope: 'col', class: classOf(column) }, column.head)),
        ),
      ),
      h(
        'tbody',
        {},
        rows.map((row) => h('tr', {}, row.map(cell))),
      ),
    ),
  );
}

/** Names and what they are. */
export const pairs = (all: [string, Child][]): HTMLElement =>
  h(
    'dl',
    { class: 'pairs' },
    all.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
  );
