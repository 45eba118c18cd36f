import { defineScenario } from '../src/scenario/define.ts';

const idle = defineScenario({
  name: 'idle',
  about: 'People who are connected and do nothing: heartbeats alone, to see who is thrown out.',
  users: [{ kind: 'watcher', share: 1 }],
  thresholds: ['join_time:p(95)<5000'],
  defaults: { rate: 0, items: 0, heartbeat: '5s' },
});

export const { options } = idle;
export default idle;
