import { expect, it } from 'vitest';
import { Recorder } from '../core/recorder.ts';
import { stageEnds } from '../plan/plan.ts';
import { Agenda, LIFE } from './agenda.ts';
import { Attendance } from './attendance.ts';
import { Lives } from './lives.ts';
import type { Connection } from './ports.ts';
import { Seats } from './seats.ts';
import { planOf } from './testing/simulate.ts';

const SECOND = 1_000_000;

/** One user, whose process looks at what is due only when it is let. */
function lonely() {
  const plan = planOf({ users: 1, sessions: 1, deadline_ms: 2000 });
  const seats = new Seats(plan, 'abc123', [0]);
  const recorder = new Recorder(stageEnds(plan));
  const told: string[] = [];
  let now = 0;
  let fire = (): void => {};
  const timer = { set: (_due: number, call: () => void) => (fire = call), clear: () => {} };
  const agenda = new Agenda(1, () => now, timer, 60 * SECOND, {
    act: (seat, _place, due, at) => lives.act(seat, due, at),
  });
  const connection: Connection = {
    send: () => {},
    close: () => {},
    fail: () => {},
    cut: () => told.push('cut'),
    pause: () => {},
    resume: () => {},
    halfClose: () => {},
  };
  const ignored = (): void => {};
  const lives: Lives = new Lives({
    plan,
    seats,
    recorder,
    agenda,
    attendance: new Attendance(1, recorder, 60 * SECOND),
    door: { connect: () => connection },
    inbox: { opened: ignored, message: ignored, binary: ignored, closed: ignored },
    activities: { leavesAt: () => Infinity, returnsAt: () => Infinity, kindOf: () => ({ kind: 'one', share: 1 }) },
    events: {
      connecting: ignored,
      greets: ignored,
      entered: () => told.push('entered'),
      leaving: ignored,
      thrownOut: ignored,
      gone: (_seat, { error }) => told.push(error ?? 'gone'),
      empty: ignored,
    },
  });
  agenda.set(0, LIFE, 0);
  agenda.arm();
  const lookAt = (time: number): void => {
    now = time;
    fire();
  };
  lookAt(0);
  return { told, lives, lookAt };
}

it('gives a joiner up once its deadline is over', () => {
  const { told, lookAt } = lonely();
  lookAt(2 * SECOND);
  expect(told).toEqual(['cut', 'no answer to the handshake within 2 s']);
});

it('gives back the time in which this process stood still: what waits to be read may be the answer', () => {
  const { told, lives, lookAt } = lonely();
  lookAt(5 * SECOND);
  lives.opened(0, 5 * SECOND);
  lives.acknowledged(0, 5 * SECOND);
  expect(told).toEqual(['entered']);
});

it('gives it back once: a server that then does not answer either does not', () => {
  const { told, lookAt } = lonely();
  lookAt(5 * SECOND);
  expect(told).toEqual([]);
  lookAt(8 * SECOND);
  expect(told).toHaveLength(2);
});
