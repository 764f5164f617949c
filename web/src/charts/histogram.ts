/** A histogram on a symmetric log axis: negative values left, exact zeros in the middle. */

import { s } from "../app/dom";
import { count, figures, power } from "../model/format";
import type { SignedBins } from "../model/summary";

export interface HistogramOptions {
  width: number;
  height: number;
  colour: string;
  label: string;
  /** Write the axis under it; histograms that stand together share one. */
  axis: boolean;
}

export function histogram(bins: SignedBins, options: HistogramOptions): SVGSVGElement {
  const { width, colour } = options;
  const bottom = options.height - (options.axis ? 16 : 2);
  const sides = bins.positive.length;
  const slot = width / (2 * sides + 3);
  const middle = width / 2;
  const most = Math.max(...bins.positive, ...bins.negative, 1); // the bar of zeros is cut off at the top
  const top = (value: number) => bottom - (bottom - 3) * Math.min(1, value / most);
  const chart = s("svg", {
    class: "chart",
    viewBox: `0 0 ${width} ${options.height}`,
    role: "img",
    "aria-label": options.label,
  });
  for (const exponent of tickExponents(bins))
    for (const sign of [-1, 1]) {
      const x = middle + sign * (1.5 + exponent * bins.perDecade - bins.first) * slot;
      if (x < 8 || x > width - 8 || Math.abs(x - middle) < 20) continue;
      chart.append(s("line", { class: "tick-line", x1: x, x2: x, y1: 2, y2: bottom }));
      if (options.axis)
        chart.append(
          s("text", { x, y: options.height - 3, "text-anchor": "middle" }, `${sign < 0 ? "−" : ""}${power(exponent)}`),
        );
    }
  const bar = (x: number, value: number, title: string) => {
    if (value <= 0) return;
    const y = Math.min(top(value), bottom - 1);
    const rect = s("rect", { x, y, width: Math.max(0.8, slot - 0.8), height: bottom - y, fill: colour });
    rect.append(s("title", {}, title));
    chart.append(rect);
  };
  for (let i = 0; i < sides; i++) {
    const range = `${figures(10 ** ((bins.first + i) / bins.perDecade))} to ${figures(10 ** ((bins.first + i + 1) / bins.perDecade))}`;
    bar(middle + (1.5 + i) * slot, bins.positive[i]!, `${range}: ${count(bins.positive[i]!)}`);
    bar(middle - (2.5 + i) * slot, bins.negative[i]!, `−(${range}): ${count(bins.negative[i]!)}`);
  }
  bar(middle - slot / 2, bins.zero, `exactly zero: ${count(bins.zero)}`);
  chart.append(s("line", { x1: 0, x2: width, y1: bottom, y2: bottom, stroke: "currentColor", "stroke-opacity": 0.35 }));
  if (options.axis) chart.append(s("text", { x: middle, y: options.height - 3, "text-anchor": "middle" }, "0"));
  return chart;
}

/** Decades to mark: at most three a side. */
function tickExponents(bins: SignedBins): number[] {
  const low = Math.ceil(bins.first / bins.perDecade);
  const high = Math.floor((bins.first + bins.positive.length) / bins.perDecade);
  const every = Math.max(1, Math.ceil((high - low + 1) / 3));
  const found: number[] = [];
  for (let exponent = high; exponent >= low; exponent -= every) found.push(exponent);
  return found;
}
