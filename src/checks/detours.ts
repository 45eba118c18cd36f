import { connect } from 'node:net';
import type { Facts } from './facts.ts';
import { portOf } from '../engine/addresses.ts';
import { hostOf, NoWire, open } from './open.ts';
import { onceMore, type CheckContext } from './step.ts';

/** Another way to the same server, and what came of it. */
interface Detour {
  change: string;
  way: 'tls' | 'plain' | 'path';
  path?: string;
  outcome: string;
  /** Whether it got the answer of an HTTP server. */
  gets: boolean;
}

/** How the handshake ends at another address. */
async function upgradeAt(url: URL, context: CheckContext): Promise<Pick<Detour, 'outcome' | 'gets'>> {
  try {
    const wire = await open(url.href, { ...context, trusting: true });
    wire.cut();
    return { outcome: 'HTTP 101', gets: true };
  } catch (error) {
    if (!(error instanceof NoWire)) throw error;
    return { outcome: error.message, gets: error.answer?.status !== undefined };
  }
}

const withScheme = (url: URL, scheme: 'ws:' | 'wss:'): URL => {
  const port = portOf(url);
  const other = new URL(url.href.replace(/^wss?:/, scheme));
  other.port = String(port);
  return other;
};

async function byScheme(url: URL, context: CheckContext): Promise<Detour> {
  const tls = url.protocol === 'ws:';
  const other = withScheme(url, tls ? 'wss:' : 'ws:');
  const way = tls ? 'tls' : 'plain';
  const change = tls ? 'wss:// for ws://' : 'ws:// for wss://';
  return { change, way, ...(await upgradeAt(other, context)) };
}

const PATHS = ['/', '/ws'];

async function byPath(url: URL, context: CheckContext): Promise<Detour[]> {
  return Promise.all(
    PATHS.map(async (path): Promise<Detour> => {
      const other = new URL(url);
      other.pathname = path;
      const { outcome } = await upgradeAt(other, context);
      return { change: `path ${path}`, way: 'path', path, outcome, gets: outcome === 'HTTP 101' };
    }),
  );
}

/** A request as a browser makes it. @returns the first line that came back */
function plainGet(url: URL, { wait_ms, signal }: CheckContext): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: hostOf(url), port: portOf(url) });
    const end = (outcome: string): void => {
      clearTimeout(late);
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      resolve(outcome);
    };
    const onAbort = (): void => end('stopped');
    const late = setTimeout(() => end(`nothing came back within ${wait_ms / 1000} s`), wait_ms);
    signal.addEventListener('abort', onAbort);
    socket.on('error', ({ message }) => end(message));
    socket.on('close', () => end('it closed the connection'));
    socket.once('data', (data) => end(data.toString('latin1').split(/\r?\n/)[0]!.slice(0, 60)));
    socket.once('connect', () => socket.write(`GET / HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\n\r\n`));
  });
}

/**
 * Repeats a handshake that was refused with one thing changed.
 * @param http whether an HTTP answer came: then it is the path that may be wrong, else the scheme
 */
export async function detours(
  url: URL,
  context: CheckContext,
  http: boolean,
): Promise<{ evidence: string[]; facts: Facts }> {
  const [tried, plain] = await Promise.all([
    http ? byPath(url, context) : byScheme(url, context).then((one) => [one]),
    http || url.protocol === 'wss:' ? undefined : plainGet(url, context),
  ]);
  const rows = tried.map(({ change, outcome }) => [change, outcome] as const);
  const evidence = onceMore(plain === undefined ? rows : [...rows, ['a plain HTTP request', plain]]);
  const found = tried.find(({ gets }) => gets);
  if (!found) return { evidence, facts: {} };
  const { way, path, outcome } = found;
  return { evidence, facts: { detour: { way, outcome, ...(path !== undefined && { path }) } } };
}
