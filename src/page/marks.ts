import type uPlot from 'uplot';
import type { RunEvent } from '../core/record.ts';
import type { Result } from '../result/result.ts';
import { colour } from './theme.ts';

/** What is drawn into charts beside their lines. Sizes are CSS pixels times the screen's density. */

const FONT = '11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const dpr = (): number => devicePixelRatio || 1;
const scaledFont = (): string => FONT.replace('11', String(Math.round(11 * dpr())));

const STAGE_WORDS = { ramp: 'ramp-up', settle: 'settle', steady: 'measured', drain: 'drain' } as const;

/** Shades what is not judged, and names the stages. Times in ms, the chart's axis in seconds. */
export function stageBands(timeline: Result['timeline'], ends: { ramp: number; settle: number; steady: number }) {
  const end = timeline.at(-1)?.to_ms ?? 0;
  const bands = [
    { stage: 'ramp', from: 0, to: ends.ramp },
    { stage: 'settle', from: ends.ramp, to: ends.settle },
    { stage: 'steady', from: ends.settle, to: Math.min(ends.steady, end) },
    { stage: 'drain', from: ends.steady, to: end },
  ] as const;
  return (plot: uPlot): void => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.font = scaledFont();
    ctx.textAlign = 'left';
    ctx.textBaseline = 'bottom';
    for (const { stage, from, to } of bands) {
      const left = clamp(plot.valToPos(from / 1000, 'x', true), bbox);
      const right = clamp(plot.valToPos(to / 1000, 'x', true), bbox);
      if (right <= left) continue;
      if (stage !== 'steady') {
        ctx.fillStyle = colour('shade');
        ctx.fillRect(left, bbox.top, right - left, bbox.height);
      }
      const word = STAGE_WORDS[stage];
      if (ctx.measureText(word).width > right - left - 8 * dpr()) continue;
      ctx.fillStyle = colour('muted');
      ctx.fillText(word, left, bbox.top - 5 * dpr());
    }
    ctx.restore();
  };
}

/** Hatches the time of which nothing is known, or nothing for certain. */
export function gapBands(gaps: NonNullable<Result['gaps']>) {
  return (plot: uPlot): void => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = colour('muted');
    ctx.lineWidth = dpr();
    ctx.globalAlpha = 0.35;
    for (const { from_ms, to_ms } of gaps) {
      const left = clamp(plot.valToPos(from_ms / 1000, 'x', true), bbox);
      const right = to_ms === undefined ? bbox.left + bbox.width : clamp(plot.valToPos(to_ms / 1000, 'x', true), bbox);
      if (right <= left) continue;
      ctx.save();
      ctx.beginPath();
      ctx.rect(left, bbox.top, right - left, bbox.height);
      ctx.clip();
      ctx.beginPath();
      for (let x = left - bbox.height; x < right; x += 8 * dpr()) {
        ctx.moveTo(x, bbox.top + bbox.height);
        ctx.lineTo(x + bbox.height, bbox.top);
      }
      ctx.stroke();
      ctx.restore();
    }
    ctx.restore();
  };
}

const clamp = (x: number, { left, width }: uPlot.BBox): number => Math.min(Math.max(x, left), left + width);

/** Numbered marks at the events' moments, as they stand in the list below the charts. */
export function eventMarks(events: RunEvent[]) {
  return (plot: uPlot): void => {
    const { ctx, bbox } = plot;
    const radius = 8 * dpr();
    ctx.save();
    ctx.font = scaledFont();
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    let free = -Infinity;
    for (const [at, { at_ms }] of events.entries()) {
      const x = plot.valToPos(at_ms / 1000, 'x', true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.strokeStyle = colour('fail');
      ctx.lineWidth = dpr();
      ctx.globalAlpha = 0.45;
      ctx.setLineDash([3 * dpr(), 3 * dpr()]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.globalAlpha = 1;
      // Where events crowd, the first of them bears the number.
      if (x < free) continue;
      free = x + 2 * radius;
      ctx.setLineDash([]);
      ctx.fillStyle = colour('surface');
      ctx.beginPath();
      ctx.arc(x, bbox.top, radius, 0, 2 * Math.PI);
      ctx.fill();
      ctx.stroke();
      ctx.fillStyle = colour('fail');
      ctx.fillText(String(at + 1), x, bbox.top + dpr() / 2);
    }
    ctx.restore();
  };
}

/** A limit across the chart, where it lies in the chart's range. */
export function limitLine(value: number, words: string) {
  return (plot: uPlot): void => {
    const { ctx, bbox } = plot;
    const y = plot.valToPos(value, 'y', true);
    if (y < bbox.top || y > bbox.top + bbox.height) return;
    ctx.save();
    ctx.strokeStyle = colour('fail');
    ctx.setLineDash([6 * dpr(), 4 * dpr()]);
    ctx.lineWidth = dpr();
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.font = scaledFont();
    ctx.fillStyle = colour('fail');
    ctx.textAlign = 'left';
    ctx.textBaseline = 'bottom';
    ctx.fillText(words, bbox.left + 6 * dpr(), y - 3 * dpr());
    ctx.restore();
  };
}
