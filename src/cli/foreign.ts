/** Names that other tools give to what this one calls otherwise: each answered with ours, and with the difference. */

const isCount = (text: string): boolean => /^[1-9]\d{0,6}$/.test(text);

/** A total of users as users per session and sessions, exactly: five sessions where that divides. */
function split(total: string): string {
  if (!isCount(total)) return '';
  const sessions = [5, 4, 3, 2].find((n) => Number(total) % n === 0 && Number(total) / n >= 2) ?? 1;
  return ` (${total} users in all: --users ${Number(total) / sessions} --sessions ${sessions})`;
}

const total =
  (tool: string, counts = 'all users') =>
  (value: string): string =>
    `In ${tool} it counts ${counts}; here it is --users N per session, times --sessions N${split(value)}.`;

const arrivals =
  (tool: string) =>
  (value: string): string =>
    `In ${tool} it is new users a second; here --users and --sessions are a fixed population that connects ` +
    `during --ramp-up TIME, and --rate N is changes a second and user${value === '' ? '' : ', not users'}.`;

const requests = (tool: string) => (): string =>
  `In ${tool} it is requests a second in all; here --rate N is changes a second and user, so the total is ` +
  'users × sessions × rate.';

const address =
  (tool: string) =>
  (value: string): string =>
    `${tool} calls it that; here it is --url ${/^wss?:\/\//.test(value) ? value : 'ws://HOST:PORT'}.`;

const iterations = (): string =>
  'In k6 it counts repetitions; here users stay and edit for as long as --duration TIME says.';

export const FOREIGN: Readonly<Record<string, (value: string) => string>> = {
  vus: total('k6'),
  'max-vus': total('k6'),
  iterations,
  i: iterations,
  n: iterations,
  stage: () => 'In k6 it changes the number of users in steps; here they connect evenly during --ramp-up TIME.',
  stages: () => 'In k6 it changes the number of users in steps; here they connect evenly during --ramp-up TIME.',
  rps: requests('k6'),
  'spawn-rate': arrivals('Locust'),
  'hatch-rate': arrivals('Locust'),
  'run-time': (value) => `Locust calls it that; here it is --duration ${value || 'TIME'}.`,
  t: () => 'Locust calls the time that; here it is --duration TIME, or -d.',
  host: address('Locust'),
  H: () => 'Here a header is --header "NAME: VALUE", and the address is --url ws://HOST:PORT.',
  target: address('Artillery'),
  arrivalRate: arrivals('Artillery'),
  'arrival-rate': arrivals('Artillery'),
  arrivalCount: total('Artillery'),
  maxVusers: total('Artillery'),
  connections: total('other tools', 'all connections'),
  clients: total('other tools', 'all clients'),
  concurrency: total('other tools', 'all connections'),
  c: total('other tools', 'all connections'),
  rooms: (value) => `Here it is --sessions ${value || 'N'}.`,
  'users-per-session': (value) => `Here it is --users ${value || 'N'}, which is per session already.`,
  time: (value) => `Here it is --duration ${value || 'TIME'}.`,
  timeout: (value) => `Here it is --deadline ${value || 'TIME'}: what takes longer is overdue.`,
  output: () => `Here it is --out FOLDER for where, and --report FORMATS for what.`,
  ramp: (value) => `Here it is --ramp-up ${value || 'TIME'}.`,
  rampup: (value) => `Here it is --ramp-up ${value || 'TIME'}.`,
};
