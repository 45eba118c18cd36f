import { h } from './dom.ts';

/** Light or dark: as the system has it, until the reader chooses. Charts are drawn again when it changes. */

type Theme = 'light' | 'dark';

const KEY = 'collab-loadtest-theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const redraws = new Set<() => void>();

/** Called whenever the colours have changed. */
export const onTheme = (redraw: () => void): void => void redraws.add(redraw);

/** A colour of the style sheet, as it is now. */
export const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Private windows and some ways of opening a file have no storage. */
function chosen(): Theme | undefined {
  try {
    const theme = localStorage.getItem(KEY);
    return theme === 'light' || theme === 'dark' ? theme : undefined;
  } catch {
    return undefined;
  }
}

function choose(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // It holds until the page is closed.
  }
  apply(theme);
}

const current = (): Theme => (document.documentElement.dataset.theme as Theme | undefined) ?? 'light';

function apply(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  for (const redraw of redraws) redraw();
}

const preferred = (): Theme => chosen() ?? (system.matches ? 'dark' : 'light');

/** Takes the theme on, and keeps it right. On paper it is light, and nothing is folded away. */
export function followTheme(): void {
  apply(preferred());
  system.addEventListener('change', () => apply(preferred()));
  let folded: HTMLDetailsElement[] = [];
  let before: Theme = 'light';
  addEventListener('beforeprint', () => {
    before = current();
    folded = [...document.querySelectorAll<HTMLDetailsElement>('details:not([open])')];
    for (const details of folded) details.open = true;
    apply('light');
  });
  addEventListener('afterprint', () => {
    for (const details of folded) details.open = false;
    apply(before);
  });
}

/** The button that changes between light and dark. */
export function themeButton(): HTMLElement {
  const button = h('button', { type: 'button', class: 'theme' });
  const label = (): void => {
    button.textContent = current() === 'dark' ? 'Light' : 'Dark';
    button.setAttribute('aria-label', `Show the page ${current() === 'dark' ? 'light' : 'dark'}`);
  };
  button.addEventListener('click', () => choose(current() === 'dark' ? 'light' : 'dark'));
  onTheme(label);
  label();
  return button;
}
