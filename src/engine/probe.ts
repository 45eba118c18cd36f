import { TEXT_NOT_UTF8 } from '../core/breaches.ts';
import { EXIT, stoppedEarly, ToolError } from '../core/errors.ts';
import type { Connection, Door, Ending } from '../load/ports.ts';
import type { Target } from '../plan/plan.ts';
import { binaryWords } from '../protocol/binary.ts';
import { closeCodeMeaning } from '../protocol/closing.ts';
import { shown, type HttpAnswer } from '../protocol/http-answer.ts';
import { Collab } from '../protocol/collab.ts';
import { printable } from './addresses.ts';
import { monotonicUs, runClock } from './clock.ts';
import { netDoor } from './net-door.ts';
import { proxyNote } from './proxy-env.ts';
import type { RunRequest } from './request.ts';
import { askedOf, explain, type Asked } from './refusal.ts';
import { wsDoor } from './ws-door.ts';

const ACK = 'connection:ack';

/** The sentence for a run that nobody could join. */
export function nobodyJoined(where: string, error: string, answer?: HttpAnswer, asked?: Asked): ToolError {
  const { meaning, hint, said } = explain(error, answer, asked);
  const evidence = said === '' ? '' : ` (${said})`;
  return new ToolError(`Nobody could join ${where}: ${meaning}${evidence}.`, { hint, exitCode: EXIT.nobodyJoined });
}

function refusal(where: string, ending: Ending, opened: boolean, asked: Asked): ToolError {
  if (ending.breach) {
    return new ToolError(`Nobody could join ${where}: ${ending.error}.`, {
      hint: 'Browsers and Qt end the connection there too: loadtest check looks at it layer by layer.',
      exitCode: EXIT.nobodyJoined,
    });
  }
  if (!opened) return nobodyJoined(where, ending.error ?? 'closed without an answer', ending.answer, asked);
  const reason = ending.reason ? `, “${shown(ending.reason, asked.secrets)}”` : ', no reason given';
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
function probe(door: Door, session: number, asked: Asked, deadline_ms: number, stop?: AbortSignal): Promise<void> {
  const where = printable(asked.template);
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
    /** The acknowledgement came as no text client sees it. */
    let unseen = false;
    const deadline = setTimeout(() => {
      stop?.removeEventListener('abort', stopped);
      connection?.cut();
      if (joined) return resolve();
      const what = unseen
        ? binaryWords(ACK)
        : opened
          ? 'it lets us in but never sends connection:ack'
          : 'the WebSocket handshake is never answered';
      reject(
        new ToolError(`Nobody could join ${where}: ${what} (waited ${deadline_ms / 1000} s).`, {
          hint: unseen
            ? 'Send it as text: send(str) in websockets, { binary: false } in ws.'
            : unanswered(asked, opened),
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
        notUtf8: () => connection?.fail(TEXT_NOT_UTF8),
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
      binary: (_seat, _connection, bytes, start, end) => {
        unseen ||= protocol.typeOf(bytes, start, end) === ACK;
      },
      closed: (_seat, _connection, ending) => {
        clearTimeout(deadline);
        stop?.removeEventListener('abort', stopped);
        if (joined) resolve();
        else reject(refusal(where, ending, opened, asked));
      },
    });
  });
}

/** What to do about a server that never answers. */
function unanswered({ url }: Asked, opened: boolean): string {
  const isTls = url.startsWith('wss:');
  const doubt =
    opened || !isTls ? 'Is it a server of this protocol?' : 'Does it speak TLS at all? Use ws:// if it does not.';
  const proxy = opened ? undefined : proxyNote(url);
  return [doubt, 'A longer wait: --deadline 30s.', proxy].filter((part) => part !== undefined).join(' ');
}

/** Looks whether each of the servers lets somebody in; the first that does not ends the looking. */
export async function probeAll({ plan, run }: RunRequest, target: Target, beginning: AbortSignal): Promise<void> {
  const door = (plan.transport === 'ws' ? wsDoor : netDoor)(target, run.id, runClock(monotonicUs()));
  const over = new AbortController();
  const stop = AbortSignal.any([beginning, over.signal]);
  // Sessions are dealt over the servers in turn, so as many in a row are one for each.
  const looks = target.urls.map((_, nth) => {
    const session = plan.sessions + nth;
    return probe(door, session, askedOf(target, run.id, session, 0), plan.deadline_ms, stop);
  });
  await Promise.all(looks).finally(() => over.abort());
}
