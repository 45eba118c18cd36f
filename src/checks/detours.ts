import { connect as connectTcp } from 'node:net';
import { portOf } from '../engine/addresses.ts';
import { BODY_MS, heardIn } from '../engine/answer.ts';
import { shown } from '../protocol/http-answer.ts';
import type { Retry } from './facts.ts';
import { hostOf, NoWire, open } from './open.ts';
import { onceMore, type CheckContext } from './step.ts';

type Outcome = Pick<Retry, 'outcome' | 'status'>;

/** How the handshake ends at an address. */
async function upgradeAt(url: URL, context: CheckContext, headers: Record<string, string> = {}): Promise<Outcome> {
  try {
    const wire = await open(url.href, { ...context, headers, trusting: true });
    wire.cut();
    return { outcome: 'HTTP 101', status: 101 };
  } catch (error) {
    if (!(error instanceof NoWire)) throw error;
    const status = error.answer?.status;
    return { outcome: error.message, ...(status !== undefined && { status }) };
  }
}

async function byScheme(url: URL, context: CheckContext): Promise<Retry> {
  const tls = url.protocol === 'ws:';
  const other = new URL(url.href.replace(/^wss?:/, tls ? 'wss:' : 'ws:'));
  other.port = String(portOf(url));
  const change = tls ? 'wss:// for ws://' : 'ws:// for wss://';
  return { change, way: tls ? 'tls' : 'plain', ...(await upgradeAt(other, context)) };
}

const PATHS = ['/', '/ws'];

async function byPath(url: URL, path: string, context: CheckContext): Promise<Retry> {
  const other = new URL(url);
  other.pathname = path;
  return { change: `path ${path}`, way: 'path', path, ...(await upgradeAt(other, context)) };
}

/** As a page of that server's own would ask. */
export const originOf = (url: URL): string => `${url.protocol === 'wss:' ? 'https' : 'http'}://${url.host}`;

async function byOrigin(url: URL, context: CheckContext): Promise<Retry> {
  const origin = originOf(url);
  return { change: `Origin: ${origin}`, way: 'origin', ...(await upgradeAt(url, context, { Origin: origin })) };
}

async function bySubprotocol(url: URL, context: CheckContext): Promise<Retry> {
  const headers = { 'Sec-WebSocket-Protocol': 'collab' };
  return { change: 'a sub-protocol offered', way: 'subprotocol', ...(await upgradeAt(url, context, headers)) };
}

/** A request as a browser makes it. */
function plainGet(url: URL, { wait_ms, signal }: CheckContext): Promise<Retry> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host: hostOf(url), port: portOf(url) });
    let text = '';
    const end = (outcome: string, status?: number): void => {
      clearTimeout(late);
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      resolve({ change: 'a plain HTTP request', way: 'get', outcome, ...(status !== undefined && { status }) });
    };
    const said = (): boolean => {
      const heard = heardIn(text);
      if (!heard) return false;
      if ('none' in heard) end(heard.none);
      else end(shown(text.split(/\r?\n/)[0]!, [], 60), heard.answer.status);
      return true;
    };
    const onAbort = (): void => end('stopped');
    const late = setTimeout(() => end(`nothing came back within ${wait_ms / 1000} s`), wait_ms);
    signal.addEventListener('abort', onAbort);
    socket.on('error', ({ message }) => end(message));
    socket.on('close', () => said() || end('it closed the connection'));
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (!said() && text.length > 0) setTimeout(() => end(shown(text, [], 60)), BODY_MS).unref();
    });
    socket.once('connect', () => socket.write(`GET / HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\n\r\n`));
  });
}

/** Once more by the other scheme: where TLS does not come about, there may be none. */
export async function withoutTls(url: URL, context: CheckContext): Promise<Retries> {
  return told([await byScheme(url, context)]);
}

/** What was done once more, as evidence and as facts. */
interface Retries {
  evidence: string[];
  facts: { retries: Retry[] };
}

const told = (retries: Retry[]): Retries => ({
  evidence: onceMore(retries.map(({ change, outcome }) => [change, outcome])),
  facts: { retries },
});

/**
 * Repeats a handshake that was refused with one thing changed each time.
 * @param status of the HTTP answer that came, where one did: else the scheme may be wrong
 */
export async function detours(url: URL, context: CheckContext, status: number | undefined): Promise<Retries> {
  const { headers, subprotocols } = context.target;
  const hasOrigin = Object.keys(headers).some((name) => name.toLowerCase() === 'origin');
  const isNew = subprotocols.length === 0 && status === 400;
  return told(
    await Promise.all([
      ...(status === undefined ? [byScheme(url, context)] : []),
      ...PATHS.map((path) => byPath(url, path, context)),
      ...(hasOrigin ? [] : [byOrigin(url, context)]),
      ...(isNew ? [bySubprotocol(url, context)] : []),
      ...(url.protocol === 'ws:' ? [plainGet(url, context)] : []),
    ]),
  );
}
