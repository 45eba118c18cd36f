import { networkInterfaces } from 'node:os';
import { formatBytes, formatDuration } from '../src/core/units.ts';
import { MAX_MESSAGE } from './frames.ts';
import { inUrl, isEverywhere, type Address } from './address.ts';

/** The addresses by which other machines reach this one. */
export function networkAddresses(host: string, interfaces = networkInterfaces()): string[] {
  if (!isEverywhere(host)) return [];
  return Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(
      ({ internal, family, address }) => !internal && (family === 'IPv4' || host === '::') && !/^fe80:/i.test(address),
    )
    .map(({ address }) => address);
}

/** The lines that name where clients connect, here and from other machines. */
function whereTo(address: Address, path: string, others: string[]): string[] {
  const lines = [`Clients can connect to: ${address.url}${path}`];
  for (const other of others) lines.push(`  from other machines:  ws://${inUrl(other)}:${address.port}${path}`);
  if (isEverywhere(address.host) && others.length === 0)
    lines.push('  from other machines:  this one is in no network');
  return lines;
}

/** What `serve` says first: where to connect, and the settings that matter. */
export function serveBanner(
  address: Address,
  settings: { closeTimeout: number; faults: readonly string[] },
  others = networkAddresses(address.host),
): string {
  const lines = [
    ...whereTo(address, '/ws/{session_id}/{user_id}', others),
    `settings  no automatic ping, no compression, messages up to ${formatBytes(MAX_MESSAGE)},`,
    `          close timeout ${formatDuration(settings.closeTimeout)}, heartbeat 30 s (clients ping, the server answers)`,
    `health    ${address.url.replace('ws:', 'http:')}/healthz and /metrics`,
  ];
  if (settings.faults.length > 0) lines.push(`faults    ${settings.faults.join(', ')}: committed on purpose`);
  return `${lines.join('\n')}\nCtrl+C stops it.\n`;
}

/** What `echo` says first. */
export function echoBanner(address: Address, others = networkAddresses(address.host)): string {
  const lines = [...whereTo(address, '', others), 'answers   X with Echo: X, at every path'];
  return `${lines.join('\n')}\nCtrl+C stops it.\n`;
}
