import type { Disconnect } from '../core/record.ts';
import { formatDuration } from '../core/units.ts';
import { closeCodeMeaning } from '../protocol/closing.ts';
import { refusalWords } from '../protocol/refusals.ts';
import type { Measured } from '../result/measured.ts';
import { endedUnexcused, unlessOwn } from './excuses.ts';
import { idleHeadline, idleLimitOf, idleWords } from './idle-limit.ts';
import { counterIn, type Finding, type Judge } from './judge.ts';
import { standstill } from './own-delay.ts';
import { ruledByThreshold } from './thresholds.ts';
import { ownWalls } from './walls.ts';
import { capitalised, clock, counted, evidenceOf, list, number, percent, quoted } from './words.ts';

const ENDED_METRICS = ['disconnects_unexpected', 'disconnect_rate', 'disconnects_per_user_hour'];
const CLAIM = 'everybody was let in, and stayed connected until they left';

export const disconnects: Judge = {
  name: 'disconnects',
  about:
    'No attempt to join failed and no joined connection ended, unless the scenario or this tool ended it. Who began ' +
    'it, with what close code and in which phase is told, and how long connections last. A 1000 that the server sends ' +
    'in mid-run counts like any other. Unknown where the only ones that failed did so at a limit ' +
    'of this tool’s own machine.',
  judge(measured) {
    const joined = counterIn(measured, 'connections');
    const walls = ownWalls(measured);
    const failed = Math.max(failedAttempts(measured) - walls.count, 0);
    if (joined + failed + walls.count === 0) return [{ not_claimed: { claim: CLAIM, because: 'nobody connected' } }];
    const ended = counterIn(measured, 'disconnects_unexpected');
    const broken = brokenAtTheEnd(measured).reduce((sum, { count }) => sum + count, 0);
    if (ended + failed + broken + walls.count === 0)
      return [{ claim: CLAIM, standing: 'pass', because: `0 of ${number(joined)}` }];
    if (ended + failed + broken === 0) {
      return [{ claim: CLAIM, standing: 'unknown', because: walls.because, headline: `${walls.because}.` }];
    }
    return [ruling(measured, joined, ended, failed, broken)];
  },
};

/** Connections that the plan ended, and over which came what no server may send all the same. */
const brokenAtTheEnd = ({ disconnects: all }: Measured): Disconnect[] =>
  all.filter(({ breach, expected }) => breach && expected);

/** Attempts that the plan did not give up itself. */
function failedAttempts(measured: Measured): number {
  const given = measured.disconnects.filter(
    ({ phase, expected }) => expected && (phase === 'connect' || phase === 'join'),
  );
  return Math.max(counterIn(measured, 'connections_failed') - given.reduce((sum, { count }) => sum + count, 0), 0);
}

function ruling(measured: Measured, joined: number, ended: number, failed: number, broken: number): Finding {
  const endings = measured.disconnects.filter(({ phase, expected }) => !expected && phase === 'steady');
  const main = mostFrequent(endings);
  const death = measured.events.find(({ kind }) => kind === 'server-died');
  const idle = death ? undefined : idleLimitOf(measured);
  const parts: string[] = [];
  if (ended > 0) {
    const how = list(main.map((one) => howEnded(measured, one)));
    if (idle) parts.push(idleWords(idle));
    parts.unshift(`${number(ended)} of ${counted(joined, 'connection')} ended${how && `: ${how}`}${lasting(measured)}`);
  }
  if (death) parts.unshift(`${death.text} at ${clock(measured, death.at_ms)}`);
  if (failed > 0) parts.push(`${counted(failed, 'attempt')} to connect failed${whyFailed(measured)}`);
  if (broken > 0) {
    const [worst] = mostFrequent(brokenAtTheEnd(measured));
    parts.push(`as ${counted(broken, 'connection')} closed, ${worst!.reason}`);
  }
  if (failed > 0 && ended === 0 && !death) parts.push(...ceiling(measured));
  const walls = ownWalls(measured);
  if (walls.count > 0) parts.push(walls.because);
  const because = parts.join('; ');
  const judged = {
    claim: CLAIM,
    because,
    headline:
      death || ended === 0
        ? `${capitalised(because)}.`
        : idle?.apart
          ? idleHeadline(idle)
          : headline(measured, main[0], ended),
    // Where connections ended, failing to come back is a consequence.
    ...ruledByThreshold(measured, ended > 0 ? ENDED_METRICS : ['connections_failed']),
    ...evidenceOf(measured, ['disconnects_unexpected']),
  };
  const untold = measured.disconnects.filter(({ phase, expected }) => !expected && phase !== 'steady');
  const excused = ended > 0 ? endedUnexcused(measured, endings, ended) : endedUnexcused(measured, untold, failed);
  return unlessOwn(judged, death || broken > 0 || excused > 0 ? 0 : standstill(measured, 0, measured.ended_ms));
}

/** Where the same number of users was in all the while, and others came in vain. */
function ceiling({ metrics, plan }: Measured): string[] {
  const users = metrics['users_connected'];
  if (users?.kind !== 'gauge' || users.min !== users.max || users.max < 1 || users.max >= plan.users_total) return [];
  return [
    `all the while ${number(users.max)} of ${number(plan.users_total)} users were in, as with a limit of so many connections (nginx limit_conn, haproxy maxconn, the server’s own)`,
  ];
}

const mostFrequent = (endings: Disconnect[]): Disconnect[] => endings.sort((a, b) => b.count - a.count).slice(0, 3);

/** `240 by the server with 1011 (server error: …) "reason" from 20:48:10 to 20:48:12` */
function howEnded(measured: Measured, one: Disconnect): string {
  if (one.breach) return `${number(one.count)}${when(measured, one)} with ${one.code}, as ${one.reason}`;
  const reason = one.reason === '' ? '' : ` ${quoted(one.reason)}`;
  const how = `${BY[one.initiator]} with ${one.code} (${meaningOf(one)})${reason}${when(measured, one)}`;
  return `${number(one.count)} ${how}${inSpiteOf(measured, one)}`;
}

/** What a server says of connections that it takes for dead. */
const OF_SILENCE = /\b(idle|idling|silent|silence|inactiv\w*|heartbeat|keep-?alive|ping|timeout|timed out)\b/i;

/** Nobody of ours is silent for longer than a heartbeat. */
function inSpiteOf({ plan }: Measured, { initiator, reason }: Disconnect): string {
  if (initiator !== 'server' || !plan.plans.heartbeats || !OF_SILENCE.test(reason)) return '';
  return `, though every user answers pings and sends a heartbeat every ${formatDuration(plan.heartbeat_ms)}`;
}

/** Connections that must have lasted so long for a share of them to be told. */
const AT_RISK = 10;

/** `; 92 % last longer than 18 s` */
function lasting({ survival }: Measured): string {
  // Beyond, each one that ends is a large part of the few that are left.
  const last = survival?.findLast(({ at_risk }) => at_risk >= AT_RISK);
  return last
    ? `; ${percent(last.alive)} last longer than ${formatDuration(Math.round(last.after_ms / 1000) * 1000)}`
    : '';
}

const BY = { server: 'by the server', client: 'by this tool', network: 'by the network' };

const meaningOf = (one: Disconnect): string => closeCodeMeaning(one.code, one.initiator === 'server');

function when(measured: Measured, { first_ms, last_ms }: Disconnect): string {
  const first = clock(measured, first_ms);
  const last = clock(measured, last_ms);
  return first === last ? ` at ${first}` : ` from ${first} to ${last}`;
}

/** What the commonest failed attempts died of. */
function whyFailed(measured: Measured): string {
  const errors = measured.errors.filter(({ kind }) => kind === 'connect' || kind === 'join');
  const breaches = measured.disconnects.flatMap(({ breach, phase, reason, count }) =>
    breach && (phase === 'connect' || phase === 'join') ? { kind: 'breach', message: reason, count } : [],
  );
  const worst = [...errors, ...breaches].sort((a, b) => b.count - a.count)[0];
  if (worst?.kind === 'breach') return `, most often: ${worst.message}`;
  if (worst) return `, most often: ${quoted(refusalWords(worst.message)).slice(1, -1)}`;
  const [ending] = mostFrequent(measured.disconnects.filter(({ phase }) => phase === 'connect' || phase === 'join'));
  return ending ? `, most often with ${ending.code} (${meaningOf(ending)})` : '';
}

function headline(measured: Measured, main: Disconnect | undefined, ended: number): string {
  const everybody = ended >= measured.plan.users_total;
  const who = everybody ? 'Everybody was' : ended === 1 ? '1 connection was' : `${number(ended)} connections were`;
  const why = main && (main.breach ? main.reason : `${meaningOf(main)} (${main.code})`);
  const how = main ? `${when(measured, main)}: ${why}` : '';
  return `${who} cut off${how}.`;
}
