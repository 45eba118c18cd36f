import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { portOf } from '../engine/addresses.ts';
import { BODY_MS, breaksOff, heardIn } from '../engine/answer.ts';
import { openingHandshake, refusalIn } from '../engine/handshake.ts';
import { causeOf, type SystemError } from '../engine/system-error.ts';
import { tlsOptions, type Trust } from '../engine/tls.ts';
import type { Target } from '../plan/plan.ts';
import type { HttpAnswer } from '../protocol/http-answer.ts';
import { Wire, type Seen } from './wire.ts';

/** An answer to the opening handshake that lets it pass. */
export interface Passed {
  answer: HttpAnswer;
  /** What of it a client may not take: the server broke the handshake. */
  wrong?: string;
  /** How it is written otherwise than HTTP has it, which some clients refuse. */
  faults: readonly string[];
}

export interface WireOptions {
  target: Pick<Target, 'headers' | 'subprotocols' | 'ca' | 'cert' | 'key'>;
  wait_ms: number;
  /** Fields of the handshake that are otherwise not sent. */
  headers?: Record<string, string>;
  /** Whether protocol pings are answered, as RFC 6455 demands. */
  pongs?: boolean;
  /** Takes any certificate. */
  trusting?: boolean;
  /** Where it is noted what is seen of the frames. */
  seen?: Seen;
  /** Cuts the connection when it is aborted. */
  signal?: AbortSignal;
}

/** No WebSocket could be had. */
export class NoWire extends Error {
  /** What was answered, as far as anything was. */
  readonly answer: HttpAnswer | undefined;
  readonly why: 'failed' | 'nothing' | 'closed' | 'refused';

  constructor(why: NoWire['why'], message: string, answer?: HttpAnswer) {
    super(message);
    this.why = why;
    this.answer = answer;
  }
}

/** A bare or TLS socket towards an address. */
function socketTo(url: URL, trust: Trust, trusting: boolean): Socket {
  const host = hostOf(url);
  const port = portOf(url);
  if (url.protocol !== 'wss:') return connectTcp({ host, port });
  return connectTls({ host, port, rejectUnauthorized: !trusting, ...tlsOptions(trust, host) });
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
    let text = '';
    let refusal: HttpAnswer | undefined;
    const fail = (why: NoWire['why'], message: string, answer?: HttpAnswer): void => {
      clearTimeout(late);
      signal?.removeEventListener('abort', onAbort);
      socket.destroy();
      reject(new NoWire(why, message, answer));
    };
    const onAbort = (): void => fail('failed', 'stopped');
    const late = setTimeout(() => fail('nothing', `nothing came back within ${wait_ms / 1000} s`), wait_ms);
    const refused = (): void => fail('refused', `HTTP ${refusal!.status}`, refusal);
    const onError = (error: SystemError): void => (refusal ? refused() : fail('failed', causeOf(error)));
    const onClose = (): void => (refusal ? refused() : fail('closed', breaksOff(text)));
    const onData = (data: Buffer): void => {
      text += data.toString('latin1');
      const heard = heardIn(text);
      if (!heard) return;
      if ('none' in heard) return fail('refused', heard.none);
      if (heard.answer.status !== 101) {
        // The rest of what it says may be a moment behind.
        if (!refusal) setTimeout(refused, BODY_MS).unref();
        refusal = heard.answer;
        if (heard.whole) refused();
        return;
      }
      clearTimeout(late);
      socket.off('data', onData).off('error', onError).off('close', onClose);
      signal?.removeEventListener('abort', onAbort);
      const { answer, faults, end } = heard;
      const wrong = refusalIn(answer, handshake);
      const passed = { answer, faults, ...(wrong !== undefined && { wrong }) };
      const rest = data.subarray(data.length - (text.length - end));
      const wire = new Wire(socket, passed, rest, pongs, options.seen);
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
