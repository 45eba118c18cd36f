import { isIPv6 } from 'node:net';
import { ToolError } from '../core/errors.ts';
import { shown } from '../protocol/http-answer.ts';

/** The Node error that says why a connection could not be had. */
export type SystemError = Error & { code?: string | undefined; errors?: SystemError[]; address?: string };

/** What the system said: `ECONNREFUSED ::1, ECONNREFUSED 127.0.0.1`, or the library's words, in one line. */
export function causeOf(error: SystemError): string {
  if (error.errors && error.errors.length > 0) return error.errors.map(causeOf).join(', ');
  const { code, message } = error;
  if (code?.startsWith('WS_ERR')) return message;
  if (message === 'socket hang up') return 'closed without an answer';
  if (/before secure TLS connection/.test(message)) return `${code ?? 'cut'} in the TLS handshake`;
  if (code === 'EPROTO') return opensslCode(message) ?? code;
  if (code === WRONG_NAME) return namesIn(message) ?? code;
  if (code) return `${code}${error.address ? ` ${error.address}` : ''}`;
  return message;
}

/** Node's code for a certificate that is good, and not for the name it was asked for by. */
export const WRONG_NAME = 'ERR_TLS_CERT_ALTNAME_INVALID';

/** `ERR_SSL_WRONG_VERSION_NUMBER`, out of `…:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:…` */
function opensslCode(message: string): string | undefined {
  const reason = /SSL routines:[^:]*:([^:]+):/.exec(message)?.[1];
  return reason && `ERR_SSL_${reason.toUpperCase().replaceAll(/\W+/g, '_')}`;
}

/** The same code with whom the certificate is for. */
function namesIn(message: string): string | undefined {
  const names = /.*altnames: (.*)$/s.exec(message)?.[1] ?? /cert's CN: (.*)$/s.exec(message)?.[1];
  return names && `${WRONG_NAME}: it is for ${shown(names.replaceAll(/DNS:|IP Address:/g, ''), [], 80)}`;
}

const NO_PORT = 'no local address and port were left towards the server';
const MORE_PORTS =
  'send from further addresses (--source-addresses), share the run between machines (--shard 1/2), or wait a minute where a run has just ended';
const NO_MEMORY = 'this machine had no memory left for sockets';
const LESS = 'take fewer users, or share the run between machines (--shard 1/2)';

/** What of this machine's own is used up, and how there may be more of it. */
const WALLS: Partial<Record<string, readonly [wall: string, remedy: string]>> = {
  EMFILE: [
    'a worker may have no further files open',
    'raise the limit (ulimit -n), or take more workers (--workers auto)',
  ],
  ENFILE: ['this machine may have no further files open', 'raise fs.file-max, or take fewer users'],
  EADDRNOTAVAIL: [NO_PORT, MORE_PORTS],
  // What a bound socket gets instead, once all ports of its own address are taken.
  EADDRINUSE: [NO_PORT, MORE_PORTS],
  ENOBUFS: [NO_MEMORY, LESS],
  ENOMEM: [NO_MEMORY, LESS],
};

/**
 * The limit of this machine's own that a connection failed at, in words and with how to move it; nothing where it was
 * the target's doing, or the network's. A machine without IPv6 has no address towards `::1` either, which is no limit
 * where there is another way.
 */
export function ownWall(error: SystemError): string | undefined {
  if (error.errors && error.errors.length > 0) {
    const noIPv6 = ({ code, address = '' }: SystemError): boolean => code === 'EADDRNOTAVAIL' && isIPv6(address);
    return error.errors.flatMap((one) => (noIPv6(one) ? [] : (ownWall(one) ?? [])))[0];
  }
  const wall = WALLS[error.code ?? ''];
  return wall && `${wall[0]} (${error.code}): ${wall[1]}`;
}

/** What {@link ownWall} says, in its two halves; nothing where something else says it. */
export function wallAndRemedy(text: string): { wall: string; remedy: string } | undefined {
  const found = Object.entries(WALLS).find(([code, words]) => text === `${words![0]} (${code}): ${words![1]}`);
  return found && { wall: `${found[1]![0]} (${found[0]})`, remedy: found[1]![1] };
}

/**
 * The limit of this machine's that keeps the tool itself from working, as a sentence; nothing for any other error.
 * @param thrown by whatever opens files or starts processes
 * @param files how many this process may have open; read before, as nothing more can be by then
 */
export function ownLimit(thrown: unknown, files?: number): ToolError | undefined {
  const { code, syscall = '' } = (thrown ?? {}) as NodeJS.ErrnoException;
  const refused = (message: string, hint: string): ToolError => new ToolError(message, { hint, cause: thrown });
  if (code === 'EMFILE') {
    const allowed = files === undefined ? '' : `, and ${files} are allowed`;
    return refused(
      `The tool needs more open files than it may have (EMFILE)${allowed}.`,
      'Raise the limit: ulimit -n 1024.',
    );
  }
  if (code === 'ENFILE') return refused('This machine may have no further files open (ENFILE).', 'Raise fs.file-max.');
  if ((code === 'EAGAIN' && syscall.startsWith('spawn')) || code === 'ERR_WORKER_INIT_FAILED') {
    return refused(
      `No further process or thread may be started (${code}).`,
      'Raise the limit (ulimit -u), or take fewer --workers.',
    );
  }
  return undefined;
}
