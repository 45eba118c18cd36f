import { readdirSync, readFileSync } from 'node:fs';

/** Processes of this machine as Linux shows them in /proc; elsewhere there are none to be seen. */

/** A process at one moment. */
export interface ProcessInfo {
  pid: number;
  parent: number;
  group: number;
  /** When it started, s since the machine did: with its number what tells it from a later one. */
  started_s: number;
  /** Processor time it has used, s. */
  cpu_s: number;
  /** What its children had used, and theirs, of those that it has seen end, s. */
  children_s: number;
  rss_bytes: number;
  /** It has ended, and its parent has not looked yet: its time does not count among its parent's children's. */
  ended: boolean;
}

/** What the kernel counts in, as it tells every process (getauxval(3)). */
const PAGE_SIZE = 6;
const TICKS_PER_SECOND = 17;
function auxiliary(type: number, usual: number): number {
  try {
    const bytes = readFileSync('/proc/self/auxv');
    for (let at = 0; at + 16 <= bytes.length; at += 16) {
      if (Number(bytes.readBigUInt64LE(at)) === type) return Number(bytes.readBigUInt64LE(at + 8));
    }
  } catch {
    // Not Linux: nothing is read that is counted so.
  }
  return usual;
}
const pageBytes = auxiliary(PAGE_SIZE, 4096);
const ticks = auxiliary(TICKS_PER_SECOND, 100);

/** Fields of `stat` (proc(5)), counted from behind the name, which may hold spaces and brackets. */
const FIELD = {
  state: 0,
  parent: 1,
  group: 2,
  user: 11,
  system: 12,
  childUser: 13,
  childSystem: 14,
  start: 19,
  rss: 21,
};

/** A process; nothing where there is none of that number. */
export function processOf(pid: number): ProcessInfo | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const of = (field: number): number => Number(fields[field]);
    return {
      pid,
      parent: of(FIELD.parent),
      group: of(FIELD.group),
      started_s: of(FIELD.start) / ticks,
      cpu_s: (of(FIELD.user) + of(FIELD.system)) / ticks,
      children_s: (of(FIELD.childUser) + of(FIELD.childSystem)) / ticks,
      rss_bytes: of(FIELD.rss) * pageBytes,
      ended: /[ZX]/.test(fields[FIELD.state]!),
    };
  } catch {
    return undefined;
  }
}

/** All that can be seen. */
export function allProcesses(): ProcessInfo[] {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (processOf(Number(name)) ?? []) : []));
  } catch {
    return [];
  }
}

/** How many files a process has open; nothing where that may not be seen, as of another user's. */
export function openFilesOf(pid: number): number | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return undefined;
  }
}

const INTERPRETER = /^(?:node|nodejs|python[\d.]*|pypy[\d.]*|ruby|perl|php[\d.]*|bun|deno)$/;
/** Options behind which a file stands that is not the script. */
const WITH_FILE = new Set(['-r', '--require', '--import', '--loader', '--experimental-loader', '--env-file', '-C']);
const SCRIPT = /^[\w.+@-]+\.(?:[cm]?[jt]sx?|py|rb|pl|php)$/;
const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** `python3 server.py`: a program, and its script where it runs one; never its arguments, which may hold secrets. */
export function nameIn(commandLine: string): string {
  const [first = '', ...args] = commandLine.split('\0').filter(Boolean);
  // A process may write its title there: `npm run server`, `nginx: master process …`.
  const [word = ''] = args.length === 0 ? first.split(/[\s:]/, 1) : [first];
  const program = fileName(word).replace(/^-/, '');
  if (!INTERPRETER.test(program)) return program;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === '-m') return /^[\w.]+$/.test(args[at + 1] ?? '') ? `${program} -m ${args[at + 1]}` : program;
    if (/^-[ecp]$|^--(?:eval|print)\b/.test(arg)) return program;
    if (WITH_FILE.has(arg)) at++;
    else if (!arg.startsWith('-')) {
      const script = fileName(arg);
      return SCRIPT.test(script) || (arg.startsWith('/') && /^[\w.+@-]+$/.test(script))
        ? `${program} ${script}`
        : program;
    }
  }
  return program;
}

/** What a process runs, in a few words. */
export function nameOf(pid: number): string {
  try {
    return nameIn(readFileSync(`/proc/${pid}/cmdline`, 'utf8')) || readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
