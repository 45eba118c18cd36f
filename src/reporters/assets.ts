import { readFileSync } from 'node:fs';

/** The built page: its program and its style, each put into every report. */
export interface PageAssets {
  script: string;
  style: string;
}

/** `dist/`: beside this code once it is bundled, and at the package's root while it is a source. */
const dist = new URL(import.meta.url.endsWith('.ts') ? '../../dist/' : './', import.meta.url);

const read = (name: string): string => readFileSync(new URL(name, dist), 'utf8');

let assets: PageAssets | undefined;

/** @throws where the package was not built */
export function pageAssets(): PageAssets {
  assets ??= { script: read('page.js'), style: read('page.css') };
  return assets;
}
