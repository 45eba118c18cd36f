import type { RunEvent } from '../core/record.ts';

/**
 * A worker's event with its times as the clock of this machine and the server's log show them: `…, the first due at
 * 20:48:24.231`.
 * @param started_at the run's zero, ISO 8601
 */
export function inTimeOfDay({ first_due_ms, ...event }: RunEvent, started_at: string): RunEvent {
  if (first_due_ms === undefined) return event;
  const due = new Date(Date.parse(started_at) + first_due_ms);
  const milliseconds = String(due.getMilliseconds()).padStart(3, '0');
  return { ...event, text: `${event.text}, the first due at ${due.toTimeString().slice(0, 8)}.${milliseconds}` };
}
