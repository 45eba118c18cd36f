import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { Hub } from './hub.ts';
import type { LoopDelay } from './loop-delay.ts';

const LAG = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'];

/** Of the process, however many servers are in it. */
let ofProcess: Registry | undefined;

function processRegistry(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
    // Without a sample since they were last asked for they are NaN and 292 years; `collab_event_loop_delay_seconds` tells.
    for (const name of LAG) ofProcess.removeSingleMetric(`nodejs_eventloop_lag_${name}_seconds`);
  }
  return ofProcess;
}

const QUANTILES = [0.5, 0.9, 0.99, 1];

/** What `GET /metrics` shows. The server counts in plain numbers; they become metrics when somebody asks. */
export function exposition(hub: Hub, delay: LoopDelay): { type: string; text(): Promise<string> } {
  const register = new Registry();
  const { telemetry } = hub;

  const gauge = (name: string, help: string, read: () => number): void => {
    const collect = function (this: Gauge): void {
      this.set(read());
    };
    register.registerMetric(new Gauge({ name, help, registers: [], collect }));
  };
  const counter = (name: string, help: string, read: () => number): void => {
    const collect = function (this: Counter): void {
      this.reset();
      this.inc(read());
    };
    register.registerMetric(new Counter({ name, help, registers: [], collect }));
  };
  const counters = (name: string, help: string, label: string, read: () => Record<string, number>): void => {
    const collect = function (this: Counter): void {
      this.reset();
      for (const [value, count] of Object.entries(read())) this.inc({ [label]: value }, count);
    };
    register.registerMetric(new Counter({ name, help, registers: [], labelNames: [label], collect }));
  };

  gauge('collab_connections', 'Clients that are members of a session.', () => hub.connections);
  gauge('collab_sessions', 'Sessions in use or in their grace time.', () => hub.sessions);
  counter('collab_connections_total', 'Clients that were let in.', () => telemetry.connections);
  counters('collab_refused_total', 'Clients and messages that were refused.', 'why', () => telemetry.refusals);
  counters('collab_messages_received_total', 'Messages from clients.', 'type', () => telemetry.received);
  counters('collab_messages_sent_total', 'Messages queued to clients.', 'type', () => telemetry.sent);
  counter('collab_bytes_received_total', 'Bytes of messages from clients.', () => telemetry.bytesReceived);
  counter('collab_bytes_sent_total', 'Bytes of frames written to clients.', () => telemetry.bytesSent);
  counter('collab_deliveries_total', 'Copies of commands queued to receivers.', () => telemetry.deliveries);
  counter('collab_dropped_total', 'Messages that were refused or had no receiver.', () => telemetry.dropped);
  counter('collab_cursors_dropped_total', 'Cursors that slow clients never got.', () => telemetry.cursorsDropped);
  counters('collab_disconnects_total', 'Ended connections.', 'code', () => telemetry.disconnects);
  counters('collab_faults_total', 'Faults committed on purpose.', 'fault', () => hub.sabotage?.counts ?? {});
  const loop = new Gauge({
    name: 'collab_event_loop_delay_seconds',
    help: 'Delay of the event loop since the start; quantile 1 is the longest.',
    registers: [],
    labelNames: ['quantile'],
    collect() {
      for (const quantile of QUANTILES) this.set({ quantile }, delay.quantile(quantile) / 1000);
    },
  });
  register.registerMetric(loop);

  const all = Registry.merge([processRegistry(), register]);
  return { type: all.contentType, text: () => all.metrics() };
}
