/**
 * What somebody would write for k6: a virtual user is a user, messages are parsed, latency goes into a trend. It knows
 * the traps (absolute due times, the reader's own time stamps), so that k6 is seen at its best.
 */
import exec from 'k6/execution';
import { Counter, Trend } from 'k6/metrics';
import { setTimeout } from 'k6/timers';
import { WebSocket } from 'k6/websockets';

declare const __ENV: Record<string, string>;

const USERS = Number(__ENV['USERS']);
const PERIOD_MS = 1000 / Number(__ENV['RATE']);
const FROM_MS = Number(__ENV['WARMUP_MS']) + 1000;
const TO_MS = FROM_MS + Number(__ENV['SECONDS']) * 1000;
const SIZE = Number(__ENV['SIZE']);
const DRAIN_MS = 3000;

const latency = new Trend('latency');
const lag = new Trend('lag');
const deliveries = new Counter('deliveries');
const commands = new Counter('commands');
/** Taken in while it is measured, whenever due: what its CPU went into. */
const handled = new Counter('handled');

export const options = {
  scenarios: {
    users: { executor: 'per-vu-iterations', vus: USERS, iterations: 1, maxDuration: '2m', gracefulStop: '5s' },
  },
  summaryTrendStats: ['med', 'p(99)', 'p(99.9)'],
};

interface Socket {
  binaryType: string;
  send(text: string): void;
  close(): void;
  addEventListener(type: string, listener: (event: { data: string; timestamp: number }) => void): void;
}
const SocketOf = WebSocket as unknown as new (url: string, protocols: null, params: object) => Socket;

/** ms since the test began, with a fraction. */
const now = (): number => exec.instance.currentTestRunDuration;

export default function user(): void {
  const id = `u${exec.vu.idInTest}`;
  const wall = Date.now() - now();
  const socket = new SocketOf(`${__ENV['URL']}/ws/peer/${id}`, null, { tags: { name: 'ws' } });

  socket.addEventListener('message', (event) => {
    const message = JSON.parse(event.data) as { type: string; due: number };
    if (message.type !== 'command') return;
    if (now() >= FROM_MS && now() < TO_MS) handled.add(1);
    if (message.due < FROM_MS || message.due >= TO_MS) return;
    latency.add(event.timestamp - wall - message.due);
    deliveries.add(1);
  });

  // By its own phase, and absolute: nothing drifts.
  let due = 1000 + Math.random() * PERIOD_MS;
  const act = (): void => {
    if (due >= FROM_MS && due < TO_MS) {
      lag.add(now() - due);
      commands.add(1);
    }
    const message = { type: 'command', user_id: id, due, command: { type: 'move_item', item_id: id, pad: '' } };
    message.command.pad = 'x'.repeat(Math.max(0, SIZE - JSON.stringify(message).length));
    socket.send(JSON.stringify(message));
    due += PERIOD_MS;
    if (due < TO_MS) setTimeout(act, Math.max(0, due - now()));
    else setTimeout(() => socket.close(), TO_MS + DRAIN_MS - now());
  };
  socket.addEventListener('open', () => setTimeout(act, Math.max(0, due - now())));
}

interface Summary {
  state: { testRunDurationMs: number };
  metrics: Record<string, { values: Record<string, number> } | undefined>;
}
export function handleSummary({ metrics, state }: Summary): { stdout: string } {
  const values = (name: string): Record<string, number> => metrics[name]?.values ?? {};
  const report = {
    began: Date.now() - state.testRunDurationMs,
    from_ms: FROM_MS,
    to_ms: TO_MS,
    latency: values('latency'),
    lag: values('lag'),
    deliveries: values('deliveries')['count'],
    commands: values('commands')['count'],
    handled: values('handled')['count'],
  };
  return { stdout: JSON.stringify(report) };
}
