/**
 * Every metric by name: the one table behind records, results, thresholds, reports and docs.
 * Names are those of the published result; a metric is only ever added.
 */

/** Where in a run a metric counts: what was due in the measured window, or everything from start to end. */
export type Span = 'window' | 'run';

const trends = {
  broadcast_latency: ['window', 'From when a change was due to when a receiver had it: free of coordinated omission.'],
  broadcast_service_time: ['window', 'From when a change was sent to when a receiver had it.'],
  broadcast_completion: ['window', 'From when a change was due to when its last receiver had it.'],
  ack_rtt: ['window', 'From sending a change to the acknowledgement of it.'],
  heartbeat_rtt: ['window', 'From sending a ping to its pong.'],
  connect_time: ['run', 'From the first SYN to an open WebSocket.'],
  join_time: ['run', 'From the first SYN to connection:ack.'],
  sync_time: ['run', 'From asking for the state (or joining) to having it.'],
  host_state_time: ['run', 'From connection:ack to having the state that the session’s host sent.'],
  recovery_time: ['run', 'From a disconnect to being joined and synced again.'],
  send_lag: ['window', 'From when a change was due to when it was sent: the generator’s own delay.'],
  generator_gc_pause: ['window', 'Pauses of the generator for garbage collection.'],
} as const satisfies Record<string, readonly [Span, string]>;

const counters = {
  commands_scheduled: ['window', 'Changes that were due.'],
  commands_sent: ['window', 'Changes that were sent.'],
  commands_skipped_offline: ['window', 'Changes that were due while their user was offline.'],
  deliveries: ['window', 'Copies of changes that had to arrive and did.'],
  deliveries_expected: ['window', 'Copies of changes that had to arrive.'],
  deliveries_possible: ['window', 'Copies that arrived and did not have to: their receiver was joining or leaving.'],
  pending: ['window', 'Copies still within their deadline when the run ended.'],
  cursors_sent: ['window', 'Cursor positions sent.'],
  cursors_received: ['window', 'Cursor positions received.'],
  bytes_sent: ['window', 'Bytes of messages sent, without frame headers.'],
  bytes_received: ['window', 'Bytes of messages received, without frame headers.'],
  bytes_unread: ['run', 'Bytes that users who had stopped reading left unread, as far as they got to them at the end.'],
  connections: ['run', 'Joins that were acknowledged.'],
  connections_failed: ['run', 'Attempts that ended before they were acknowledged.'],
  disconnects_unexpected: ['run', 'Acknowledged connections that ended although nobody meant them to.'],
  reconnects: ['run', 'Joins of users who had been joined before.'],
  heartbeats: ['run', 'Pings sent that were answered or missed.'],
  heartbeats_missed: ['run', 'Pings whose pong did not come within the deadline.'],
  heartbeats_late: ['run', 'Of these: pings whose pong came after the deadline.'],
  clamped: ['run', 'Measured values outside of 1 µs to one hour, counted at the nearest of these.'],
  lost: ['run', 'Copies that had to arrive and never did: at least so many.'],
  lost_upper: ['run', 'Copies that had to arrive, or may have had to, and never did: at most so many.'],
  late: ['run', 'Copies that arrived after their deadline.'],
  duplicated: ['run', 'Copies that arrived again.'],
  reordered: ['run', 'Copies that arrived after a later change of the same sender.'],
  misrouted: ['run', 'Copies that arrived in another session.'],
  echoed: ['run', 'Changes that came back to their own sender.'],
  corrupted: ['run', 'Copies whose content was not what was sent.'],
  invented: ['run', 'Changes that arrived and that nobody sent.'],
  version_errors: ['run', 'Gaps, repeats and regressions of the version that the server gives.'],
  versions_skipped: ['run', 'Versions that no change has, on a server that does not count one by one: no errors.'],
  arrivals_told: ['run', 'Arrivals of others that users were told of.'],
  departures_told: ['run', 'Departures of others that users were told of.'],
  presence_errors: [
    'run',
    'What users were told of each other and was not so, or were not told: missing, twice, gone.',
  ],
  presence_errors_upper: [
    'run',
    'The same, and what may have been so of users who were just coming or going: at most so many.',
  ],
  presence_ghosts: ['run', 'Of these: users listed, or told of, who were not there.'],
  presence_missing: ['run', 'Of these: users left out of a joiner’s list, or told to have left, who were there.'],
  presence_repeated: ['run', 'Of these: users listed or told of twice, or told of themselves.'],
  arrivals_untold: ['run', 'Of these: arrivals that a user was never told of.'],
  departures_untold: ['run', 'Of these: departures that a user was never told of.'],
  two_hosts: ['run', 'Of these: users made host of a session that has one.'],
  no_host: ['run', 'Of these: sessions left without a host.'],
  states_received: ['run', 'States that came, those that hosts sent to others among them.'],
  state_bytes_received: ['run', 'Bytes of these, without frame headers.'],
  host_states_sent: ['run', 'States that simulated hosts sent to users who joined.'],
  host_state_bytes_sent: ['run', 'Bytes of these, without frame headers.'],
  stale_snapshots: ['run', 'States that lacked a change of the version they named, or one that everybody had before.'],
  empty_snapshots: ['run', 'Of these: empty ones, without a version.'],
  overlapped: ['run', 'Changes delivered although the state received before already held them.'],
  missed_at_join: ['run', 'Changes past a joiner’s snapshot that never reached it; also among the lost.'],
  states_checked: ['run', 'States that were held against what the changes up to their version add up to.'],
  states_compared: ['run', 'States without a version that were held against what everybody had before.'],
  replicas_compared: ['run', 'Documents of users that were compared with their session’s.'],
  replicas_partial: ['run', 'Of these: of users whom no state told what was there before they came.'],
  diverged_replicas: ['run', 'Users who ended with another document than their session.'],
  diverged_by_loss: ['run', 'Of these: through what was lost, altered or came in the wrong order.'],
  diverged_by_snapshot: ['run', 'Of these: through a wrong state that they were given.'],
  diverged_by_protocol: ['run', 'Users who ended with another document because the server gives no order.'],
} as const satisfies Record<string, readonly [Span, string]>;

const rates = {
  disconnect_rate: 'Unexpected disconnects per connection.',
  delivery_rate: 'Deliveries per expected delivery.',
  availability: 'Joined user-seconds per planned user-second, from each user’s planned join to the end of the window.',
  disconnects_per_user_hour: 'Unexpected disconnects per joined user-hour.',
} as const;

/** How the values of one moment in several processes make one: they add up, or the worst counts. */
export type Across = 'sum' | 'max';

const gauges = {
  users_connected: ['users', 'sum', 'Users who are joined.'],
  generator_cpu: ['cores', 'sum', 'Processor use of the load generator, in cores.'],
  generator_event_loop_utilization: ['ratio', 'max', 'Share of time in which a worker’s event loop was busy.'],
  generator_event_loop_delay: ['ms', 'max', 'How late a worker’s event loop came round to what was due, at the worst.'],
  generator_rss: ['bytes', 'sum', 'Resident memory of the load generator.'],
  generator_steal: ['ratio', 'max', 'Share of time in which a worker wanted its core and others had it.'],
  generator_unread_bytes: ['bytes', 'max', 'Bytes that waited unread in the generator’s own sockets.'],
  server_cpu: ['cores', 'sum', 'Processor use of the server’s processes, in cores.'],
  server_rss: ['bytes', 'sum', 'Resident memory of the server’s processes, added up.'],
  server_fds: ['files', 'sum', 'Open files of the server’s processes, added up.'],
  server_event_loop_delay: [
    'ms',
    'max',
    'Delay of the server’s event loop: the longest in each second, or what its own page of metrics says.',
  ],
} as const satisfies Record<string, readonly [string, Across, string]>;

export type TrendName = keyof typeof trends;
export type CounterName = keyof typeof counters;
export type RateName = keyof typeof rates;
export type GaugeName = keyof typeof gauges;
export type MetricName = TrendName | CounterName | RateName | GaugeName;

export const TREND_NAMES = Object.keys(trends) as TrendName[];
export const COUNTER_NAMES = Object.keys(counters) as CounterName[];
export const RATE_NAMES = Object.keys(rates) as RateName[];
export const GAUGE_NAMES = Object.keys(gauges) as GaugeName[];

export const isTrend = (name: string): name is TrendName => Object.hasOwn(trends, name);
export const isCounter = (name: string): name is CounterName => Object.hasOwn(counters, name);
export const isRate = (name: string): name is RateName => Object.hasOwn(rates, name);
export const isGauge = (name: string): name is GaugeName => Object.hasOwn(gauges, name);

export const METRIC_NAMES: MetricName[] = [...TREND_NAMES, ...COUNTER_NAMES, ...RATE_NAMES, ...GAUGE_NAMES];

/** The span over which a counter or trend of the result counts: joins mostly lie before the window. */
export const spanOf = (name: CounterName | TrendName): Span => (isTrend(name) ? trends[name][0] : counters[name][0]);

/** Rates over joined time, which is not kept by stage. */
export const isOfWholeRun = (name: string): boolean => name === 'availability' || name === 'disconnects_per_user_hour';

/** How a gauge's values in several processes make one. */
export const acrossOf = (name: GaugeName): Across => gauges[name][1];

/** The unit a metric is read in: `ms` for trends, a gauge's own, nothing for what is counted. */
export const unitOf = (name: MetricName): string => (isTrend(name) ? 'ms' : isGauge(name) ? gauges[name][0] : '');

/** What a metric means, in one sentence. */
export function aboutMetric(name: MetricName): string {
  if (isTrend(name)) return trends[name][1];
  if (isCounter(name)) return counters[name][1];
  if (isRate(name)) return rates[name];
  return gauges[name][2];
}
