import type { Shell } from './shell.ts';

/** Whether standard output is a terminal that shows colours, and whose user wants them. */
export function wantsColour(noColour: boolean, { stdout, env }: Shell): boolean {
  if (noColour || env['NO_COLOR'] || env['TERM'] === 'dumb') return false;
  return stdout.isTTY === true || Boolean(env['FORCE_COLOR'] && env['FORCE_COLOR'] !== '0');
}

/** Whether the terminal is known to show more than ASCII. */
export function wantsUnicode({ env }: Pick<Shell, 'env'>): boolean {
  if (process.platform === 'win32') return Boolean(env['WT_SESSION'] || env['TERM_PROGRAM'] || env['CI']);
  if (env['TERM'] === 'linux') return false;
  // Where nothing is said, as in most containers, the output goes to a log that is read as UTF-8.
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || 'UTF-8';
  return /utf-?8/i.test(locale);
}
