import { readFileSync } from 'node:fs';

/** Whether this code runs from its TypeScript sources rather than from `dist/`. */
export const fromSource = import.meta.url.endsWith('.ts');

/** The package's own folder: `dist/` lies in it, whichever of the two this code runs from. */
export const packageRoot = new URL(fromSource ? '../../' : '../', import.meta.url);

/** A file of the built package: child programs and the page are always built, also when the parent is not. */
export const builtUrl = (path: string): URL => new URL(`dist/${path}`, packageRoot);

/** Where a child program lies: Node starts it as it is, without a loader. */
export const programUrl = (name: 'worker' | 'server'): URL => builtUrl(`${name}.js`);

/** The package's version, as `--version` prints it and results name it. */
export const toolVersion = (): string =>
  (JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8')) as { version: string }).version;
