import type { Evidence, Result } from '../result/result.ts';
import { abbreviated, clock, offsetAt, shortId, shortUser } from './words.ts';

/**
 * Who it was about: `u7 → u31` for a change of u7 at u31, `u31 about u7` for what u31 was told of u7; with the session
 * where somebody is of another.
 */
export function whoOf({ kind, session, sender, receiver }: Evidence): string {
  const short = (ids: (string | undefined)[]): string[] =>
    ids.flatMap((id) => (id === undefined ? [] : shortUser(id, session)));
  return kind === 'presence_errors' ? short([receiver, sender]).join(' about ') : short([sender, receiver]).join(' → ');
}

/** What it was about: `move_item 5f0c…91`, `#17` where only the sequence number is known. */
export function whatOf({ action, item_id, seq }: Evidence): string {
  const item = item_id === undefined ? (seq === undefined ? [] : `#${seq}`) : abbreviated(item_id);
  return [action ?? [], item].flat().join(' ');
}

/** A violation's kind as a person reads it. */
export const kindWords = (kind: string): string => KINDS[kind] ?? kind.replaceAll('_', ' ');

const KINDS: Record<string, string> = {
  disconnects_unexpected: 'disconnected',
  heartbeats_missed: 'no pong',
  presence_errors: 'who is there',
};

/** `20:48:24.231  s4  u7 → u31  move_item 5f0c…91  48 of 49 got it` */
export function evidenceLine(example: Evidence, { started_at }: Pick<Result, 'started_at'>, withKind: boolean): string {
  const started = Date.parse(started_at);
  const moment = example.due_ms ?? example.at_ms;
  const parts = [
    moment === undefined ? '' : clock(started + moment, offsetAt(started), true),
    withKind ? kindWords(example.kind) : '',
    shortId(example.session),
    whoOf(example),
    whatOf(example),
    example.note ?? '',
  ];
  return parts.filter((part) => part !== '').join('  ');
}
