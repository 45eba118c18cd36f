import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { basicAuth, withoutCredentials } from '../engine/credentials.ts';
import { builtUrl, fromSource, packageRoot } from '../engine/programs.ts';
import { findPython, type Python } from './python.ts';
import type { CheckContext } from './step.ts';

/** What the client on the lead saw (qt-client.py). */
export interface QtEvent {
  event: 'versions' | 'open' | 'text' | 'binary' | 'pong' | 'error' | 'closed';
  at_ms: number;
  text?: string;
  code?: number;
  name?: string;
  reason?: string;
  error?: string;
  qt?: string;
  python?: string;
}

/** A real QWebSocket in a process of its own. */
export interface QtClient {
  events: QtEvent[];
  /** All that it saw and printed, a line each, as far as it is worth keeping. */
  log(): string[];
  send(text: string): void;
  close(): void;
  /** Waits for an event. */
  until(holds: (event: QtEvent) => boolean, within_ms: number): Promise<QtEvent | undefined>;
  /** Ends the process. */
  end(): Promise<void>;
}

const script = (): string =>
  fileURLToPath(fromSource ? new URL('src/checks/qt-client.py', packageRoot) : builtUrl('qt-client.py'));

const ENDS_MS = 2000;
const LINES = 12;
const SHOWN = 100;

/** `  146 ms closed code=1011 name=CloseCodeBadOperation` */
function eventLine({ event, at_ms, ...facts }: QtEvent): string {
  const words = Object.entries(facts).map(([name, value]) => `${name}=${String(value).slice(0, SHOWN)}`);
  return `${String(Math.round(at_ms)).padStart(5)} ms ${event} ${words.join(' ')}`.trimEnd();
}

/** Looked for once: it takes a while. */
let found: Promise<Python | undefined> | undefined;
export const python = (): Promise<Python | undefined> => (found ??= findPython());

/** What a Qt client needs of a check. */
type QtContext = Pick<CheckContext, 'target' | 'signal'>;

/** Starts the client; it connects at once, with the target's headers and certificate. It ends with the check. */
export function startQt({ command, args }: Python, url: string, { target, signal }: QtContext): QtClient {
  const { subprotocols, ca, cert, key } = target;
  // Qt sends nothing of what an address has of user and password.
  const address = new URL(url);
  const headers = { ...basicAuth(address), ...target.headers };
  const child = spawn(command, [...args, script(), withoutCredentials(address).href], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...process.env,
      QT_QPA_PLATFORM: 'offscreen',
      LOADTEST_HANDSHAKE: JSON.stringify({ headers, subprotocols, ca, cert, key }),
    },
  });
  const printed: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (printed.push(line) > LINES) printed.shift();
  });
  const events: QtEvent[] = [];
  const waiting = new Set<() => void>();
  const tell = (): void => {
    for (const wake of waiting) wake();
  };
  let gone = false;
  createInterface({ input: child.stdout }).on('line', (line) => {
    events.push(JSON.parse(line) as QtEvent);
    tell();
  });
  const over = new Promise<void>((resolve) => {
    const ended = (): void => {
      gone = true;
      tell();
      resolve();
    };
    child.once('close', ended);
    child.once('error', ended);
  });
  const kill = (): boolean => child.kill('SIGKILL');
  signal.addEventListener('abort', kill);
  void over.then(() => signal.removeEventListener('abort', kill));
  child.stdin.on('error', () => {});
  const order = (what: object): void => {
    if (!gone) child.stdin.write(`${JSON.stringify(what)}\n`);
  };
  return {
    events,
    log: () => [...events.slice(-LINES).map(eventLine), ...printed],
    send: (text) => order({ do: 'send', text }),
    close: () => order({ do: 'close' }),
    async until(holds, within_ms) {
      const end = performance.now() + within_ms;
      for (;;) {
        const event = events.find(holds);
        const left = end - performance.now();
        if (event || gone || left <= 0) return event;
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            clearTimeout(late);
            waiting.delete(wake);
            resolve();
          };
          const late = setTimeout(wake, left);
          waiting.add(wake);
        });
      }
    },
    async end() {
      child.stdin.end();
      const late = setTimeout(kill, ENDS_MS);
      await over;
      clearTimeout(late);
    },
  };
}

/** What a close code of Qt means: it has names of its own, and two codes it does not know. */
export function qtCodeWords(code: number, name: string): string {
  if (code === 1002) return 'Qt shows 1002, also for 1012 and 1013';
  if (code === 1000) return 'Qt shows 1000, also where the connection was cut';
  if (code === 1011) return `Qt shows 1011 as ${name}: an error in the server, not 1008`;
  return `Qt shows ${code} (${name})`;
}

/** The outcome of what cannot be tried. */
export const NOT_HERE = 'not here';

/** How a connection of a real Qt client ends that was to be acknowledged; `NOT_HERE` without one. */
export async function qtOutcome(context: CheckContext, url: string): Promise<string> {
  const { wait_ms } = context;
  const here = await python();
  if (!here) return NOT_HERE;
  const client = startQt(here, url, context);
  await client.until(({ event }) => event === 'open' || event === 'error', wait_ms + START_MS);
  const settled = ({ event, text }: QtEvent): boolean =>
    event === 'closed' || (event === 'text' && text!.includes('connection:ack'));
  const last = await client.until(settled, wait_ms);
  await client.end();
  if (!last) return 'no connection:ack';
  return last.event === 'closed' ? String(last.code) : 'acknowledged';
}

/** Python and Qt need a while to start. */
export const START_MS = 5000;
