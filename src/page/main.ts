// oxlint-disable-next-line import/no-unassigned-import -- the bundler gathers style sheets into a file of their own
import './style.css';
import type { PageDocument } from './document.ts';
import { report } from './report.ts';
import { followTheme } from './theme.ts';

/** The page's program: shows the document that lies in the page, by its kind. */
const source = document.getElementById('document')!.textContent!;
const fed = JSON.parse(source) as PageDocument;

followTheme();
// One kind until now; a dashboard and a history will be others.
if (fed.kind === 'run') document.body.append(report(fed));
