import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { portOf } from '../engine/addresses.ts';
import { openingHandshake } from '../engine/handshake.ts';
import { causeOf, type SystemError } from '../engine/system-error.ts';
import type { Target } from '../plan/plan.ts';
import { Wire } from './wire.ts';

/** What was answered to the opening handshake. */
export interface Answer {
  status?: number;
  fields: Map<string, string>;
  accept_right: boolean;
  /** The beginning of what came, where it is no HTTP. */
  raw: string;
}

export interface WireOptions {
  target: Pick<Target, 'headers' | 'subprotocols' | 'ca'>;
  wait_ms: number;
  /** Fields of the handshake that are otherwise not sent. */
  headers?: Record<string, string>;
  /** Whether protocol pings are answered, as RFC 6455 demands. */
  pongs?: boolean;
  /** Takes any certificate. */
  trusting?: boolean;
  /** Cuts the connection when it is aborted. */
  signal?: AbortSignal;
}

/** No WebSocket could be had. */
export class NoWire extends Error {
  /** What was answered, as far as anything was. */
  readonly answer: Answer | undefined;
  readonly why: 'failed' | 'nothing' | 'closed' | 'refused';

  constructor(why: NoWire['why'], message: string, answer?: Answer) {
    super(message);
    this.why = why;
    this.answer = answer;
  }
}

/** A bare or TLS socket towards an address. */
function socketTo(url: URL, { ca }: Pick<Target, 'ca'>, trusting: boolean): Socket {
  const host = hostOf(url);
  const port = portOf(url);
  if (url.protocol !== 'wss:') return connectTcp({ host, port });
  const named = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
  return connectTls({ host, port, ...named, rejectUnauthorized: !trusting, ...(ca !== undefined && { ca }) });
}

export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

/**
 * Opens a WebSocket.
 * @throws NoWire with what was answered instead
 */
export function open(address: string, options: WireOptions): Promise<Wire> {
  const { target, wait_ms, headers = {}, pongs = true, trusting = false, signal } = options;
  const url = new URL(address);
  const handshake = openingHandshake(url, { ...target.headers, ...headers }, target.subprotocols);
  const socket = socketTo(url, target, trusting);
  socket.setNoDelay(true);
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    const fail = (why: NoWire['why'], message: string, answer?: Answer): void => {
      clearTimeout(late);
      signal?.removeEventListener('abort', onAbort);
      socket.destroy();
      reject(new NoWire(why, message, answer));
    };
    const onAbort = (): void => fail('failed', 'stopped');
    const late = setTimeout(() => fail('nothing', `nothing came back within ${wait_ms / 1000} s`), wait_ms);
    const onError = (error: SystemError): void => fail('failed', causeOf(error));
    const onClose = (): void =>
      fail('closed', 'it closed the connection instead of an answer', head.length > 0 ? parse(head) : undefined);
    const onData = (data: Buffer): void => {
      head = Buffer.concat([head, data]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0 && (head.length < 5 || head.toString('latin1', 0, 5) === 'HTTP/')) return;
      const answer = parse(end < 0 ? head : head.subarray(0, end), handshake.accept);
      if (answer.status !== 101) {
        fail('refused', answer.status === undefined ? 'no HTTP' : `HTTP ${answer.status}`, answer);
        return;
      }
      clearTimeout(late);
      socket.off('data', onData).off('error', onError).off('close', onClose);
      signal?.removeEventListener('abort', onAbort);
      const wire = new Wire(socket, answer, head.subarray(end + 4), pongs);
      if (signal) {
        const cut = (): void => wire.cut();
        signal.addEventListener('abort', cut);
        socket.once('close', () => signal.removeEventListener('abort', cut));
      }
      resolve(wire);
    };
    socket.on('error', onError).on('close', onClose).on('data', onData);
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort);
    socket.once(url.protocol === 'wss:' ? 'secureConnect' : 'connect', () => socket.write(handshake.request, 'latin1'));
  });
}

const RAW_SHOWN = 120;

function parse(head: Buffer, accept = ''): Answer {
  const text = head.toString('latin1');
  const [first = '', ...lines] = text.split(/\r?\n/);
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1];
  const fields = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return {
    ...(status !== undefined && { status: Number(status) }),
    fields,
    accept_right: fields.get('sec-websocket-accept') === accept,
    raw: text.slice(0, RAW_SHOWN),
  };
}
