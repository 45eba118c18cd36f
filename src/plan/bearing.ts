import { MAX_UTILIZATION } from './fitness.ts';
import { number, type Estimate, type Machine } from './estimate.ts';

/**
 * What an echo costs the event loop of this tool on the machine on which the costs of an {@link Estimate} were
 * measured, µs: on another they are as much larger as an echo is.
 */
const REFERENCE_ECHO_US = 9;

/** How much load of a plan's kind a machine bears, by what it did before the plan is run. */
export interface Bearing {
  /** Cores that are the generator's: one is left to a server on this machine. */
  cores: number;
  /** A second, of all kinds, both ways; and of these deliveries. */
  messages: number;
  deliveries: number;
  /** Sessions of as many users as the plan's. */
  sessions: number;
  /** The plan's load, as a part of it. */
  load: number;
}

/**
 * @param here whether a server shares this machine's cores
 * @param echo_us what an echo costs here (calibration)
 */
export function bearingOf(needs: Estimate, machine: Machine, here: boolean, echo_us: number): Bearing {
  const cores = Math.max(1, machine.cores - (here ? 1 : 0));
  const asked = (needs.cores * echo_us) / REFERENCE_ECHO_US;
  const load = asked / (cores * MAX_UTILIZATION);
  return {
    cores,
    messages: needs.messages / load,
    deliveries: needs.deliveries / load,
    sessions: Math.round(needs.sessions / load),
    load,
  };
}

/** Two digits that matter: it is no more than an estimate. */
const about = (value: number): string => number(Number(value.toPrecision(2)));

const partOf = (load: number): string =>
  load <= 1 ? `${Number((load * 100).toPrecision(2))} % of` : `${about(load)} times`;

/** The rows of `--dry-run` that rest on calibration. */
export function bearingTable(
  { cores, messages, deliveries, sessions, load }: Bearing,
  needs: Estimate,
  floor_ms: number,
): [name: string, value: string][] {
  const users = sessions * (needs.connections / needs.sessions);
  const within = deliveries > 0 ? `, ${about(deliveries)} of them deliveries` : '';
  const room = sessions > 0 ? `: about ${about(users)} such users in ${about(sessions)} sessions` : '';
  return [
    ['own latency', `${floor_ms} ms, the median of an echo on loopback`],
    [
      'bears',
      `by its processor, about ${about(messages)} messages/s${within}, on ${cores} ${cores === 1 ? 'core' : 'cores'}${room}; this plan is ${partOf(load)} that`,
    ],
  ];
}

/** Said of a plan that the machine hardly bears; it is not refused, as the run itself finds out. */
export function overloadOf({ load }: Bearing): string | undefined {
  if (load <= 1) return undefined;
  return (
    'This is more than the generator bears here: it will probably be busy for over 70 % of the time, and lengthen what ' +
    'it measures. What its own delay may turn is then unknown (exit 2). Take fewer users, a lower --rate, or more ' +
    'machines (--shard).'
  );
}
