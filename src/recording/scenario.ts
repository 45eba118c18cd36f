import { basename } from 'node:path';
import type { ScenarioSpec } from '../scenario/define.ts';
import type { Replay } from '../scenario/replay.ts';
import { readRecording } from './read.ts';
import { replayOf } from './replay.ts';

/**
 * The scenario that a recording is: as many users as it holds, at their own pace.
 * @param name how the file is called in sentences
 * @throws ToolError (104) where it cannot be played
 */
export function scenarioOf(path: string, name: string): ScenarioSpec {
  const replay = replayOf(readRecording(path, name), name);
  const people = Math.max(...replay.sessions.map(({ users }) => users.length));
  const all = replay.sessions.flatMap(({ users }) => users);
  const count = (of: 'commands' | 'cursors'): number => all.reduce((sum, user) => sum + user[of].length, 0);
  const each = (what: number): number => what / all.length / (replay.length_ms / 1000);
  return {
    name:
      /^\W*([\w-]{1,40})/.exec(
        basename(name)
          .replace(/\.\w+$/, '')
          .replaceAll(/[^\w-]+/g, '-'),
      )?.[1] ?? 'recording',
    about: aboutOf(replay),
    users: [{ kind: 'recorded', share: 1, cursors_per_second: each(count('cursors')) }],
    thresholds: [...(count('commands') > 0 ? ['broadcast_latency:p(99)<1000'] : []), 'join_time:p(95)<5000'],
    // Somebody must be there who receives.
    defaults: {
      users: Math.max(2, people),
      sessions: replay.sessions.length,
      rate: Number(each(count('commands')).toFixed(6)),
      items: 0,
      duration: `${replay.length_ms}ms`,
    },
    replay,
  };
}

/** What is played, and what is not. */
function aboutOf({ sessions, length_ms, left_out }: Replay): string {
  const users = sessions.flatMap((session) => session.users);
  const returns = users.reduce((sum, { visits }) => sum + visits.length - 1, 0);
  const out = Object.entries(left_out).map(([what, count]) => `${count} × ${what}`);
  const seconds = (length_ms / 1000).toFixed(1);
  const who = `${counted(users.length, 'recorded user')} of ${counted(sessions.length, 'session')}`;
  const played = `Plays ${who}, ${seconds} s long`;
  const back = returns > 0 ? `, ${counted(returns, 'return')}` : '';
  return `${played}${back}${out.length > 0 ? `; left out: ${out.join(', ')}` : ''}.`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
