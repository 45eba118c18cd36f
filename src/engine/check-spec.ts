import { ToolError } from '../core/errors.ts';
import { isObject, type JsonObject } from '../core/json.ts';
import { nearest } from '../core/nearest.ts';
import type { Arrivals, Edits, Mix, ScenarioSpec, Stop, UserKind } from '../scenario/define.ts';

/** The fields of each part of a scenario: an unknown one is a mistyped one. */
const SPEC_FIELDS = ['name', 'about', 'users', 'storms', 'host_sends_state', 'thresholds', 'defaults', 'journey'];
const KIND_FIELDS = ['kind', 'share', 'edits', 'cursors_per_second', 'leaves', 'joins', 'stops'];
const EDITS_FIELDS = ['arrivals', 'mix', 'weight'];
const MIX_FIELDS: (keyof Mix)[] = ['add', 'move', 'update', 'remove'];
const HOWS = new Set<unknown>(['reading', 'half-close', 'vanish'] satisfies Stop['how'][]);
const PATTERNS = new Set<unknown>(['poisson', 'even', 'drag'] satisfies Arrivals['pattern'][]);

const isAmount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isPart = (value: unknown): value is number => isAmount(value) && value <= 1;
const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

/**
 * Checks a scenario's description, as a file may hold anything. Thresholds and defaults are checked where all the
 * others of their kind are, with the command's options.
 * @param file how the file is called in sentences
 * @throws ToolError (104) with one sentence for the first thing that is wrong
 */
export function checkSpec(spec: unknown, file: string): asserts spec is ScenarioSpec {
  const wrong = (sentence: string, hint?: string): never => {
    throw new ToolError(`The scenario ${file}: ${sentence}`, hint ? { hint } : {});
  };
  const fields = (value: unknown, known: string[], where: string): JsonObject => {
    if (!isObject(value)) return wrong(`${where} is an object, not ${shown(value)}.`);
    for (const name of Object.keys(value)) {
      if (known.includes(name)) continue;
      const meant = nearest(name, known);
      wrong(`${where} has no field "${name}".`, meant ? `Did you mean ${meant}?` : `It has ${known.join(', ')}.`);
    }
    return value;
  };

  const checkArrivals = (arrivals: unknown, who: string): void => {
    const pattern = isObject(arrivals) ? arrivals['pattern'] : arrivals;
    if (!PATTERNS.has(pattern)) {
      wrong(`the arrivals of ${who} have the pattern poisson, even or drag, not ${shown(pattern)}.`);
    }
    if (pattern !== 'drag') return;
    for (const [name, least] of [
      ['steps', 1],
      ['per_second', 0.001],
    ] as const) {
      const range = (arrivals as JsonObject)[name];
      const ordered =
        Array.isArray(range) &&
        range.length === 2 &&
        range.every(isAmount) &&
        range[0] >= least &&
        range[0] <= range[1];
      if (!ordered) wrong(`${name} of ${who} is a range such as [10, 60], not ${shown(range)}.`);
    }
  };

  const checkEdits = (edits: unknown, who: string): void => {
    const { arrivals, mix, weight } = fields(edits, EDITS_FIELDS, `edits of ${who}`) as Partial<Edits>;
    checkArrivals(arrivals, who);
    const parts = fields(mix, MIX_FIELDS, `the mix of ${who}`);
    for (const name of MIX_FIELDS) {
      if (!isAmount(parts[name])) wrong(`${name} in the mix of ${who} is a number from 0, not ${shown(parts[name])}.`);
    }
    if (MIX_FIELDS.every((name) => parts[name] === 0))
      wrong(`the mix of ${who} is all zero, so there is nothing to do.`);
    if (weight !== undefined && !(isAmount(weight) && weight > 0))
      wrong(`weight of ${who} is a number above 0, not ${shown(weight)}.`);
  };

  const checkJoins = (joins: unknown, who: string): void => {
    const ordered = Array.isArray(joins) && joins.length === 2 && joins.every(isPart) && joins[0] <= joins[1];
    if (!ordered) wrong(`joins of ${who} is two parts of the measured window such as [0.1, 0.9], not ${shown(joins)}.`);
  };

  const checkStop = (stop: unknown, who: string): void => {
    const { how, at } = fields(stop, ['how', 'at'], `stops of ${who}`);
    if (!HOWS.has(how)) wrong(`how ${who} stops is reading, half-close or vanish, not ${shown(how)}.`);
    if (!isPart(at)) wrong(`at in stops of ${who} is a part of the measured window, 0 to 1, not ${shown(at)}.`);
  };

  const checkStorm = (storm: unknown, index: number): void => {
    const { at, share } = fields(storm, ['at', 'share'], `storms[${index}]`);
    if (!isPart(at)) wrong(`at in storms[${index}] is a part of the measured window, 0 to 1, not ${shown(at)}.`);
    if (!(isPart(share) && share > 0)) {
      wrong(`share in storms[${index}] is a part of all users, above 0 and at most 1, not ${shown(share)}.`);
    }
  };

  const checkKind = (value: unknown, index: number): void => {
    const { kind, share, edits, cursors_per_second, leaves, joins, stops } = fields(
      value,
      KIND_FIELDS,
      `users[${index}]`,
    ) as Partial<UserKind>;
    if (typeof kind !== 'string' || kind === '') return wrong(`users[${index}] needs a kind, a word such as "editor".`);
    if (!(isAmount(share) && share > 0)) wrong(`share of ${kind} is a number above 0, not ${shown(share)}.`);
    if (edits !== undefined) checkEdits(edits, kind);
    if (cursors_per_second !== undefined && !isAmount(cursors_per_second)) {
      wrong(`cursors_per_second of ${kind} is a number from 0, not ${shown(cursors_per_second)}.`);
    }
    if (joins !== undefined) checkJoins(joins, kind);
    if (stops !== undefined) checkStop(stops, kind);
    if (leaves === undefined) return;
    const times = fields(leaves, ['after_s', 'away_s'], `leaves of ${kind}`);
    for (const name of ['after_s', 'away_s']) {
      if (!(isAmount(times[name]) && times[name] > 0))
        wrong(`${name} of ${kind} is a number of seconds above 0, not ${shown(times[name])}.`);
    }
  };

  const { name, about, users, storms, host_sends_state, thresholds, defaults } = fields(
    spec,
    SPEC_FIELDS,
    'it',
  ) as Partial<ScenarioSpec>;
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9_-]{0,39}$/i.test(name)) {
    wrong(`its name is a short word of letters, digits, - and _, not ${shown(name)}.`);
  }
  if (typeof about !== 'string') wrong('it needs about, one sentence that says what its users do.');
  if (!Array.isArray(users) || users.length === 0) return wrong('users is a list of at least one kind of users.');
  users.forEach(checkKind);
  const kinds = users.map((user) => user.kind);
  const twice = kinds.find((kind, index) => kinds.indexOf(kind) !== index);
  if (twice !== undefined) wrong(`two kinds of users are called ${twice}.`);
  if (storms !== undefined && !Array.isArray(storms)) return wrong(`storms is a list, not ${shown(storms)}.`);
  storms?.forEach(checkStorm);
  if (host_sends_state !== undefined && typeof host_sends_state !== 'boolean') {
    wrong(`host_sends_state is true or false, not ${shown(host_sends_state)}.`);
  }
  if (!Array.isArray(thresholds) || !thresholds.every((text) => typeof text === 'string')) {
    wrong('thresholds is a list of expressions such as "broadcast_latency:p(99)<1000"; it may be empty.');
  }
  if (defaults !== undefined && !isObject(defaults)) wrong(`defaults is an object, not ${shown(defaults)}.`);
}
