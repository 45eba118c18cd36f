import type { Example } from '../core/record.ts';
import { sessionId, userId } from '../plan/plan.ts';
import { itemId, itemKey, ownerOf } from '../protocol/change.ts';
import type { Step } from './contents.ts';
import type { DocumentsOptions } from './documents.ts';

/** What is wrong with a document or its order, as far as an example tells it. */
export interface Told {
  kind: Example['kind'];
  seat: number;
  at: number;
  note: string;
  /** The change it is about: its user, seq and item. */
  step?: Omit<Step, 'action'>;
  /** The item it is about, where no change is. */
  item_id?: string;
}

/** Keeps an example, in the ids on the wire. */
export function tellExample(options: DocumentsOptions, { kind, seat, at, note, step, item_id }: Told): void {
  const { recorder, run, seed, sessions, items, users } = options;
  if (!recorder.wants(kind)) return;
  const session = sessions[Math.floor(seat / users)]!;
  recorder.example({
    kind,
    session: sessionId(run, session),
    receiver: userId(run, session, seat % users),
    at_ms: at / 1000,
    note,
    ...(item_id !== undefined && { item_id }),
    ...(step && {
      sender: userId(run, session, step.user),
      seq: step.seq,
      item_id: itemId(itemKey(seed, session, { user: ownerOf(step.place, items), k: step.item })),
    }),
  });
}
