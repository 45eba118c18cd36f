import type { Result } from '../result/result.ts';
import { csv } from './csv.ts';
import { html } from './html.ts';
import { junit } from './junit.ts';
import { markdown } from './markdown.ts';

/** One form of a report: a file's name in the run's folder, and a pure function from a result to its text. */
export interface Reporter {
  file: string;
  render(result: Result): string;
}

export type ReportFormat = 'html' | 'json' | 'junit' | 'markdown' | 'csv';

/** Every form in which a result is written. The final screen is no file: `terminal.ts`. */
export const REPORTERS: Readonly<Record<ReportFormat, Reporter>> = {
  html: { file: 'report.html', render: (result) => html(result) },
  json: { file: 'result.json', render: (result) => `${JSON.stringify(result, null, 2)}\n` },
  junit: { file: 'junit.xml', render: junit },
  markdown: { file: 'summary.md', render: markdown },
  csv: { file: 'timeline.csv', render: csv },
};
