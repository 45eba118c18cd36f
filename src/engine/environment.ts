import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import type { Environment } from '../result/result.ts';
import { toolVersion } from './programs.ts';

/** How many files a process may have open, this one or another; absent where the system does not say. */
export function openFilesLimit(pid: number | 'self' = 'self'): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'));
    return limit && limit[1] !== 'unlimited' ? Number(limit[1]) : undefined;
  } catch {
    return undefined;
  }
}

/** The machine and the versions a run is made with. */
export function readEnvironment(): Environment {
  const open_files_limit = openFilesLimit();
  return {
    tool: toolVersion(),
    node: process.version,
    os: `${type()} ${release()}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory_bytes: totalmem(),
    ...(open_files_limit !== undefined && { open_files_limit }),
  };
}
