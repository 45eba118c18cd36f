import { describe } from 'vitest';
import { createServer } from '../server.ts';
import { connecting } from './connecting.ts';
import { editing } from './editing.ts';
import { presence } from './presence.ts';
import { refusing } from './refusing.ts';
import type { Subject } from './subject.ts';

const reference: Subject = {
  name: 'the reference server',
  lacks: {},
  async start(limits = {}) {
    const server = await createServer({ port: 0, limits: { closeTimeout: 1000, ...limits } });
    return { url: server.url, stop: server.close };
  },
};

describe(reference.name, () => {
  for (const rules of [connecting, editing, presence, refusing]) rules(reference);
});
