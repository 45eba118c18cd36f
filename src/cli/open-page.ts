import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Shell } from './shell.ts';

/** The program of each platform that opens a file in what its user opens such files with. */
const OPENERS: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  // `start` takes its first quoted argument for a window's title.
  win32: ['cmd', '/c', 'start', '""'],
};

/** Opens a page in the browser. That there is none is said, and is no failure of the run. */
export async function openPage(path: string, { stderr, folder }: Shell): Promise<void> {
  const [program, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const opener = spawn(program, [...args, resolve(folder, path)], { stdio: 'ignore', detached: true });
  try {
    await once(opener, 'spawn');
    opener.unref();
  } catch {
    stderr.write(`loadtest: no browser could be opened (${program}); the page is ${path}\n`);
  }
}
