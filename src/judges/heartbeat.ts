import { formatDuration } from '../core/units.ts';
import type { Measured } from '../result/measured.ts';
import { counterIn, type Finding, type Judge } from './judge.ts';
import { ruledByThreshold } from './thresholds.ts';
import { evidenceOf, number, since } from './words.ts';

const CLAIM = 'every heartbeat was answered';

export const heartbeat: Judge = {
  name: 'heartbeat',
  about:
    'Every ping got its pong within the smaller of heartbeat and deadline. Pings under way when the connection or the ' +
    'run ended do not count.',
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
  if (missed === 0) return { claim: CLAIM, standing: 'pass', because: `${number(sent)} of ${number(sent)}` };
  const because = `${number(missed)} of ${number(sent)} were not answered${since(measured, ['heartbeats_missed'])}`;
  return {
    claim: CLAIM,
    because,
    headline: `${because.replace(' were', ' heartbeats were')}.`,
    rests_on: 'deadline',
    ...ruledByThreshold(measured, ['heartbeats_missed']),
    ...evidenceOf(measured, ['heartbeats_missed']),
  };
}
