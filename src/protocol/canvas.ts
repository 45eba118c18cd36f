import { isObject, parseObject } from '../core/json.ts';
import { ACTIONS, type Action } from './change.ts';
import { Document } from './document.ts';
import { itemsOfState } from './snapshot.ts';

const isAction = (value: unknown): value is Action => ACTIONS.includes(value as Action);

/** What one user's application shows of its session's document, as it would send it to others. */
export class Canvas {
  readonly #document = new Document();
  /** Items that this user itself added: a host counts no other version (P12). */
  #added = 0;

  /** Applies a change that this user makes. */
  make(text: string): void {
    if (this.receive(parseObject(text) ?? {}) === 'add_item') this.#added++;
  }

  /** Applies a change that came, in the order of arrival. @returns what it does; undefined where it is none */
  receive(message: Readonly<Record<string, unknown>>): Action | undefined {
    const { command } = message;
    if (!isObject(command)) return undefined;
    const { action, item_type, item_id, data } = command;
    if (!isAction(action) || typeof item_id !== 'string' || !isObject(data)) return undefined;
    this.#document.apply(action, String(item_type), item_id, data);
    return action;
  }

  /** Shows a state instead of what was there. @returns whether it is one */
  replace(message: Readonly<Record<string, unknown>>): boolean {
    const items = itemsOfState(message['state']);
    if (items === undefined) return false;
    this.#document.replace(items);
    return true;
  }

  /** The message by which a host shows one user all that it has itself. @param timestamp s since 1970 */
  stateFor(targetUser: string, timestamp: number): string {
    return `{"type":"sync:full_state","target_user":${JSON.stringify(targetUser)},"conflict_resolution":"host_wins","state":{"items":${this.#document.itemsJson()},"version":${this.#added},"timestamp":${timestamp}}}`;
  }
}
