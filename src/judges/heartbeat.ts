import { formatDuration } from '../core/units.ts';
import type { Measured } from '../result/measured.ts';
import { binaryNote } from './binary.ts';
import { ownInMissed, unlessOwn } from './excuses.ts';
import { counterIn, type Finding, type Judge } from './judge.ts';
import { ruledByThreshold } from './thresholds.ts';
import { evidenceOf, number, since } from './words.ts';

const CLAIM = 'every heartbeat was answered';

export const heartbeat: Judge = {
  name: 'heartbeat',
  about:
    'Every ping got its own pong, by their order alone, within the smaller of heartbeat and deadline; those whose pong ' +
    'came later are told apart from those that never got one, but a server that always answers after the next ping ' +
    'seems to be one answer short. Pings under way when the connection or the run ended do ' +
    'not count. Whether a server ends connections that are silent is not judged, as none says on the wire that it ' +
    'would; one that ends the connection of a user who pings in time is caught by disconnects.',
  judge: (measured) => [ruling(measured)],
};

function ruling(measured: Measured): Finding {
  const sent = counterIn(measured, 'heartbeats');
  const missed = counterIn(measured, 'heartbeats_missed');
  if (sent === 0) {
    const { heartbeat_ms, plans } = measured.plan;
    const because =
      plans.heartbeats && heartbeat_ms > 0
        ? `none was answered or missed before the run ended: one is due every ${formatDuration(heartbeat_ms)}`
        : 'the plan has no heartbeats';
    return { not_claimed: { claim: CLAIM, because } };
  }
  if (missed === 0)
    return { claim: CLAIM, standing: 'pass', because: `${number(sent)} of ${number(sent)} (whole run)` };
  const late = Math.min(counterIn(measured, 'heartbeats_late'), missed);
  const how =
    late === 0
      ? 'were not answered'
      : `were not answered in time (${number(late)} late, ${number(missed - late)} never)`;
  const because = `${number(missed)} of ${number(sent)} ${how} in the whole run${since(measured, ['heartbeats_missed'])}${binaryNote(measured, 'pong')}`;
  const judged = {
    claim: CLAIM,
    because,
    headline: `${because.replace(' were', ' heartbeats were')}.`,
    ...ruledByThreshold(measured, ['heartbeats_missed']),
    ...evidenceOf(measured, ['heartbeats_missed']),
  };
  return unlessOwn(judged, ownInMissed(measured, 'heartbeats_missed'));
}
