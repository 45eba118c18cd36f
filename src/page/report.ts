import { checkReport } from './check-report.ts';
import { h } from './dom.ts';
import type { PageDocument } from './document.ts';
import { facts } from './facts.ts';
import { latency } from './latency.ts';
import { opening } from './opening.ts';
import { overTime } from './over-time.ts';
import { trouble } from './trouble.ts';
import { verdicts } from './verdicts.ts';

/** The report of one run, or of a check: the outcome and its reasons first, then what they rest on. */
export function report(fed: PageDocument): HTMLElement {
  const { result } = fed;
  document.title = `${result.outcome} · ${result.scenario} · ${result.started_at.slice(0, 16).replace('T', ' ')}`;
  return h(
    'div',
    { class: 'frame' },
    result.check ? checkReport(fed, result.check) : runReport(fed),
    h(
      'footer',
      {},
      `collab-loadtest ${result.environment.tool} · run ${result.run} · this page holds all of its data and loads nothing`,
    ),
  );
}

const runReport = (fed: PageDocument): HTMLElement[] => [
  opening(fed),
  h('main', {}, verdicts(fed), latency(fed), overTime(fed), trouble(fed), facts(fed)),
];
