import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allProcesses, nameOf } from '../engine/processes.ts';
import { builtUrl } from '../engine/programs.ts';
import { resultSchema, type Result } from '../result/result.ts';

/** How a command that was stopped ended. */
export interface Stopped {
  code: number | null;
  /** The signal itself, where it ended the process: before Node can hear any. */
  by: NodeJS.Signals | null;
  out: string;
  err: string;
  /** What is in the runs' folders. */
  files: string[];
  result: Result | undefined;
  /** What those of its processes run that it left behind; not known elsewhere than on Linux. */
  left: string[];
}

/** What is sent, and when. */
export interface Stop {
  after_ms: number;
  signal: NodeJS.Signals;
  /** How many of them, 100 ms apart; 1. */
  times?: number;
  /**
   * To the program alone; as a terminal does, to its process group; or, as a supervisor does, to all of its processes,
   * those of a server that it started among them.
   */
  to: 'program' | 'group' | 'all';
}

const MARK = 'LOADTEST_TEST_MARK';
let marks = 0;

/** Those that have a mark in their environment, as all children of a process inherit it. */
function processesWith(mark: string): number[] {
  return allProcesses()
    .filter(({ ended }) => !ended)
    .flatMap(({ pid }) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`${MARK}=${mark}\0`) ? [pid] : [];
      } catch {
        return [];
      }
    });
}

function send(signal: NodeJS.Signals, pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has just ended.
    }
  }
}

/** A started server has five seconds to end before it is killed. */
const ENDS_MS = 8000;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts the built program, stops it, and says how it ended. `OUT` in a line is a folder of its own. */
export async function stopped(line: readonly string[], { after_ms, signal, times = 1, to }: Stop): Promise<Stopped> {
  const out = mkdtempSync(join(tmpdir(), 'loadtest-stopped-'));
  const mark = `${process.pid}-${++marks}`;
  const args = line.map((word) => word.replaceAll('OUT', out));
  const child = spawn(process.execPath, [fileURLToPath(builtUrl('main.js')), ...args], {
    cwd: out,
    env: { ...process.env, LOADTEST_URL: '', LOADTEST_TOKEN: '', [MARK]: mark },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (data: Buffer) => (said.out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (said.err += data.toString()));
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  await pause(after_ms);
  for (let sent = 0; sent < times && child.exitCode === null && child.signalCode === null; sent++) {
    if (sent > 0) await pause(100);
    send(signal, to === 'all' ? processesWith(mark) : [to === 'group' ? -child.pid! : child.pid!]);
  }
  const [code, by] = await ended;
  const until = Date.now() + ENDS_MS;
  while (processesWith(mark).length > 0 && Date.now() < until) await pause(20);
  const left = processesWith(mark).map(nameOf);
  const runs = readdirSync(out, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const files = runs.flatMap(({ name }) => readdirSync(join(out, name)));
  const path = runs.map(({ name }) => join(out, name, 'result.json')).find(existsSync);
  const result = path && (resultSchema.parse(JSON.parse(readFileSync(path, 'utf8'))) as Result);
  rmSync(out, { recursive: true, force: true });
  return { code, by, ...said, files, result: result === undefined || result === '' ? undefined : result, left };
}

/** What a stop may not do, whenever it comes and to whatever; nothing where it was in order. */
export function disorder({ code, by, out, err, files, result, left }: Stopped, ends: readonly number[]): string[] {
  const said = out + err;
  const isSilent = by !== null && said === '' && files.length === 0;
  // One that came to its own end says what it has to.
  const isOne = code !== 105 || err.trim().split('\n').length <= 1 || result !== undefined;
  return [
    ...(by !== null && !isSilent ? [`ended by ${by}, having said ${said}`] : []),
    ...(by === null && !ends.includes(code!) ? [`exit ${code}: ${err}`] : []),
    ...(/^ +at .*:\d+|defect of this tool|Traceback/m.test(said) ? [`a trace: ${said}`] : []),
    ...(isOne ? [] : [`more than a sentence: ${err}`]),
    ...(code === 105 && said === '' ? ['not a word'] : []),
    ...(files.length > 0 && result === undefined ? [`a folder without a result: ${files.join(', ')}`] : []),
    ...left.map((command) => `left behind: ${command}`),
  ];
}
