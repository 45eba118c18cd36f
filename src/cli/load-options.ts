import { parseFault } from '../../server/faults.ts';
import { parseThreshold } from '../core/expression.ts';
import { JUDGES } from '../judges/index.ts';
import type { Option } from './option.ts';
import { httpUrl, socketUrl } from './address-readers.ts';
import { header, subprotocol } from './header-readers.ts';
import { amount, asText, duration, ipAddresses, oneOf, pair, runId, shard, whole } from './readers.ts';

const RUN = ['run'] as const;
const TARGET = ['run', 'check'] as const;
const REACHING = ['run', 'check', 'watch'] as const;

/** A fault, checked and kept as it was written: the server reads it again. */
const fault = (text: string): string => {
  parseFault(text);
  return text;
};

/** A threshold, checked and kept as it was written. */
const threshold = (text: string): string => parseThreshold(text).text;

/** What shapes a run: its target, its load, its time, and what must hold. */
export const loadOptions = {
  url: {
    group: 'target',
    commands: REACHING,
    value: 'URL',
    read: socketUrl,
    repeat: true,
    env: 'LOADTEST_URL',
    otherwise: 'the bundled server',
    about:
      'Your server; /ws/SESSION/USER is appended unless it holds {session} and {user}; repeated: sessions are dealt over them',
    otherwiseIn: { watch: 'The server, to which the application’s own path is passed on' },
    example: '--url ws://localhost:8765',
  },
  header: {
    group: 'target',
    commands: TARGET,
    value: '"NAME: VALUE"',
    read: header,
    repeat: true,
    about: 'Sent with every handshake, never printed',
    example: '--header "Authorization: Bearer abc"',
  },
  subprotocol: {
    group: 'target',
    commands: TARGET,
    value: 'NAME',
    read: subprotocol,
    repeat: true,
    about: 'WebSocket subprotocol to offer',
  },
  ca: {
    group: 'target',
    commands: REACHING,
    value: 'FILE',
    read: asText,
    about: 'PEM file of a certificate authority to trust, for wss://',
  },
  cert: {
    group: 'target',
    commands: REACHING,
    value: 'FILE',
    read: asText,
    about: 'PEM file of a client certificate to show, for wss://, with those in between',
    example: '--cert client.pem --key client.key',
  },
  key: {
    group: 'target',
    commands: REACHING,
    value: 'FILE',
    read: asText,
    otherwise: 'in the file of --cert',
    about: 'PEM file of the private key of --cert, not encrypted; never printed',
  },
  start: {
    group: 'target',
    commands: TARGET,
    value: '"COMMAND"',
    read: asText,
    about: 'Starts your server, {port} filled in; ready once the port accepts, ended with the run',
    example: '--start "python server.py --port {port}"',
  },
  'server-pid': {
    group: 'target',
    commands: RUN,
    value: 'PID',
    read: whole(1, 4_194_304),
    about: 'Process of your server, whose processor, memory and files are then measured',
  },
  'server-metrics': {
    group: 'target',
    commands: RUN,
    value: 'URL',
    read: httpUrl,
    about: 'Page of metrics of your server, as Prometheus scrapes it: processor, memory, files, event loop',
    example: '--server-metrics http://localhost:9100/metrics',
  },
  fault: {
    group: 'target',
    commands: ['run', 'serve'],
    value: 'NAME[=VALUE][@TIME]',
    read: fault,
    repeat: true,
    about: 'Makes the bundled server misbehave, to see that it is noticed',
    example: '--fault drop=0.001',
  },

  users: {
    group: 'load',
    commands: RUN,
    short: 'u',
    value: 'N',
    read: whole(1, 1_000_000),
    initial: '10',
    about: 'Users in each session',
    example: '--users 50 --sessions 5',
  },
  sessions: {
    group: 'load',
    commands: RUN,
    short: 's',
    value: 'N',
    read: whole(1, 1_000_000),
    initial: '5',
    about: 'Sessions; users × sessions is the number of connections',
  },
  rate: {
    group: 'load',
    commands: RUN,
    short: 'r',
    value: 'N',
    read: amount(0, 10_000),
    initial: '1',
    about: 'Changes a second and user, the mean over all users, watchers included',
    example: '--rate 2.5',
  },
  heartbeat: {
    group: 'load',
    commands: RUN,
    value: 'TIME',
    read: duration(10, '10ms'),
    initial: '30s',
    about: 'From one ping of a user to the next',
  },
  items: {
    group: 'load',
    commands: RUN,
    value: 'N',
    read: whole(0, 1_000_000),
    initial: '20',
    about: 'Items in each session at the start',
  },
  seed: {
    group: 'load',
    commands: RUN,
    value: 'N',
    read: whole(0, 4_294_967_295),
    otherwise: 'random, printed',
    about: 'The same seed gives the same changes at the same times',
    example: '--seed 417093',
  },

  duration: {
    group: 'time',
    commands: RUN,
    short: 'd',
    value: 'TIME',
    read: duration(100, '100ms'),
    initial: '30s',
    about: 'The measured window, after ramp-up and settling',
    example: '--duration 5m',
  },
  'ramp-up': {
    group: 'time',
    commands: RUN,
    value: 'TIME',
    read: duration(0),
    initial: '5s',
    about: 'Time in which the users connect; 0 is all at once',
  },
  settle: {
    group: 'time',
    commands: RUN,
    alias: 'warmup',
    value: 'TIME',
    read: duration(0),
    initial: '2s',
    about: 'Time after ramp-up that is not judged; also --warmup',
  },
  deadline: {
    group: 'time',
    commands: RUN,
    value: 'TIME',
    read: duration(10, '10ms'),
    initial: '10s',
    about: 'What takes longer is overdue: a delivery, a join, a sync',
  },

  workers: {
    group: 'workers',
    commands: RUN,
    value: 'auto|N',
    read: (text, name) => (text === 'auto' ? text : whole(1, 256)(text, name)) as 'auto' | number,
    initial: 'auto',
    about:
      'Processes that make the load, a session whole in one of them; auto: as many as have enough to do, one core left to a server on this machine',
  },
  'source-addresses': {
    group: 'workers',
    commands: RUN,
    value: 'IP,…',
    read: ipAddresses,
    otherwise: 'the system’s choice; on loopback 127.0.x.y once one has too few ports',
    about: 'Addresses of this machine that users connect from, dealt over them: each has ports of its own',
    example: '--source-addresses 10.0.0.5,10.0.0.6',
  },
  transport: {
    group: 'workers',
    commands: RUN,
    value: 'net|ws',
    read: oneOf('net', 'ws'),
    initial: 'net',
    about: 'How the simulated users reach the server: over bare sockets, or over the ws library as a cross-check',
  },
  shard: {
    group: 'workers',
    commands: RUN,
    value: 'I/N',
    read: shard,
    initial: '1/1',
    about: 'Does only part I of N, counted from 1, of a run that several machines share',
    example: '--shard 2/3',
  },
  'run-id': {
    group: 'workers',
    commands: RUN,
    value: 'ID',
    read: runId,
    otherwise: 'random',
    about: 'Six characters of a-z and 0-9: the same for all shards of a run',
  },

  threshold: {
    group: 'judging',
    commands: RUN,
    value: '"EXPR"',
    read: threshold,
    repeat: true,
    otherwise: 'the scenario’s',
    about: 'What must hold; replaces the scenario’s for that metric',
    example: '--threshold "broadcast_latency:p(99)<100"',
  },
  require: {
    group: 'judging',
    commands: RUN,
    value: 'JUDGE',
    read: oneOf(...JUDGES.map(({ name }) => name)),
    repeat: true,
    about: 'What the run must be able to decide; otherwise it is inconclusive',
    example: '--require late-join',
  },
  'abort-on': {
    group: 'judging',
    commands: RUN,
    value: '"EXPR"',
    read: threshold,
    repeat: true,
    about: 'Ends the run early when it holds',
    example: '--abort-on "lost:count>1000"',
  },
  tag: {
    group: 'judging',
    commands: RUN,
    value: 'NAME=VALUE',
    read: pair,
    repeat: true,
    about: 'Stands in the result',
    example: '--tag commit=3f2a91c',
  },
} as const satisfies Record<string, Option>;
