import { EXIT, stoppedEarly, ToolError } from '../core/errors.ts';
import type { Connection, Door, Ending } from '../load/ports.ts';
import { closeCodeMeaning } from '../protocol/closing.ts';
import { Collab } from '../protocol/collab.ts';
import { wallAndRemedy } from './system-error.ts';

/** What each system error says about the target, in a person's words. */
const SYSTEM: [pattern: RegExp, meaning: string, hint: string][] = [
  [/ECONNREFUSED/, 'nothing listens there', 'Start the server, or look at its port.'],
  [/ENOTFOUND|EAI_AGAIN/, 'there is no host of that name', 'Look at the name in --url.'],
  [
    /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/,
    'nothing answers there: often a firewall',
    'Try it from the server’s own machine.',
  ],
  [
    /ECONNRESET|socket hang up/,
    'the connection was cut before it was a WebSocket',
    'Is it a WebSocket server? Does it want wss://?',
  ],
  [/HTTP 30\d/, 'it redirects, and a WebSocket does not follow', 'Give the address it redirects to.'],
  [/HTTP 40[13]/, 'it asks for credentials', 'Give them with --header "Authorization: …" or LOADTEST_TOKEN.'],
  [
    /HTTP 404/,
    'there is no WebSocket at that path',
    'Give the path in --url, with {session} and {user} where it takes them.',
  ],
  [/HTTP 503/, 'it is there and takes nobody now', 'Look at its log: is it starting, or full?'],
  [/HTTP \d+/, 'it is no WebSocket endpoint', 'Look at the address.'],
  [
    /certificate|CERT|SELF_SIGNED|UNABLE_TO_VERIFY/i,
    'its TLS certificate is not trusted',
    'Give its authority with --ca FILE.',
  ],
  [/EPROTO|SSL|wrong version number/, 'TLS failed', 'Does it speak TLS at all? Then it is wss://, else ws://.'],
];

/** Why a connection could not be had, in words, with what to do. */
export function explain(error: string): { meaning: string; hint: string } {
  const own = wallAndRemedy(error);
  if (own) return { meaning: own.wall, hint: `${own.remedy.charAt(0).toUpperCase()}${own.remedy.slice(1)}.` };
  const known = SYSTEM.find(([pattern]) => pattern.test(error));
  return { meaning: known?.[1] ?? error, hint: known?.[2] ?? 'Look at the server’s log.' };
}

/** The sentence for a run that nobody could join. */
export function nobodyJoined(where: string, error: string): ToolError {
  const { meaning, hint } = explain(error);
  const said = meaning === error || error.startsWith(meaning) ? '' : ` (${error})`;
  return new ToolError(`Nobody could join ${where}: ${meaning}${said}.`, { hint, exitCode: EXIT.nobodyJoined });
}

function refusal(where: string, ending: Ending, opened: boolean): ToolError {
  if (!opened) return nobodyJoined(where, ending.error ?? 'the connection ended before it was a WebSocket');
  const reason = ending.reason ? `, “${ending.reason}”` : ', no reason given';
  return new ToolError(
    `Nobody could join ${where}: it closed the connection before connection:ack, code ${ending.code} (${closeCodeMeaning(ending.code)})${reason}.`,
    { hint: 'Look at the server’s log at this moment.', exitCode: EXIT.nobodyJoined },
  );
}

/**
 * Lets one user in and out again before anything else is started, so that a target that lets nobody in is told at
 * once and in full.
 * @param session index of a session that no user of the run is in
 * @throws ToolError (111) where the user is not acknowledged within the deadline
 */
export function probe(
  door: Door,
  session: number,
  where: string,
  deadline_ms: number,
  stop?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopped = (): void => {
      clearTimeout(deadline);
      connection?.cut();
      reject(stoppedEarly());
    };
    if (stop?.aborted) return reject(stoppedEarly());
    stop?.addEventListener('abort', stopped, { once: true });
    let connection: Connection | undefined;
    let opened = false;
    let joined = false;
    const deadline = setTimeout(() => {
      stop?.removeEventListener('abort', stopped);
      connection?.cut();
      if (joined) return resolve();
      const what = opened
        ? 'it lets us in but never sends connection:ack'
        : 'the WebSocket handshake is never answered';
      reject(
        new ToolError(`Nobody could join ${where}: ${what} (waited ${deadline_ms / 1000} s).`, {
          hint: 'Is it a server of this protocol? A longer wait: --deadline 30s.',
          exitCode: EXIT.nobodyJoined,
        }),
      );
    }, deadline_ms);
    const nothing = (): void => {};
    const protocol = new Collab(
      0,
      {
        joined: () => {
          joined = true;
          connection?.close(1000, 'just looking');
        },
        presence: nothing,
        host: nothing,
        state: nothing,
        change: nothing,
        acknowledged: nothing,
        pong: nothing,
        cursor: nothing,
        refused: nothing,
        unreadable: nothing,
        trait: nothing,
      },
      () => 0,
    );
    connection = door.connect(0, session, 0, {
      opened: () => {
        opened = true;
      },
      message: (seat, _connection, bytes, start, end, at) => protocol.receive(seat, bytes, start, end, at),
      closed: (_seat, _connection, ending) => {
        clearTimeout(deadline);
        stop?.removeEventListener('abort', stopped);
        if (joined) resolve();
        else reject(refusal(where, ending, opened));
      },
    });
  });
}
