/** Measures of how values are spread: of weights, outputs, gradients and updates. */

import type { TensorSummary } from "../generated/document";
import { ofSplit } from "./columnvalues";
import { count, figures as inFigures, percent, toNumber } from "./format";
import type { Measure } from "./measures";
import type { Quantity, RunIndex } from "./run";
import { figures } from "./summary";

interface Kind {
  quantity: Quantity;
  table: string;
  one: string;
  many: string;
}

const KINDS: readonly Kind[] = [
  { quantity: "parameter", table: "Weights", one: "Weight", many: "weights" },
  { quantity: "activation", table: "Outputs", one: "Output", many: "outputs" },
  { quantity: "gradient", table: "Gradients", one: "Gradient", many: "gradients" },
  { quantity: "update", table: "Updates", one: "Update", many: "updates" },
];

/** Names under which reports of earlier versions may be linked to. */
const SHORT: Record<string, string> = { "parameter.std": "weights", "activation.std": "activations", "gradient.norm": "gradients" };

interface Figure {
  name: string;
  label: (kind: Kind) => string;
  note: (kind: Kind) => string;
  of: (summary: TensorSummary) => number | null;
  format?: (value: number) => string;
}

const FIGURES: readonly Figure[] = [
  { name: "std", label: ({ one }) => `${one} spread`, note: ({ many }) => `standard deviation of the ${many}`, of: (summary) => figures(summary).std },
  { name: "mean", label: ({ one }) => `${one} mean`, note: ({ many }) => `mean of the ${many}`, of: (summary) => figures(summary).mean },
  { name: "largest", label: ({ one }) => `Largest |${one.toLowerCase()}|`, note: ({ many }) => `largest absolute value of the ${many}`, of: largest },
  { name: "zeros", label: ({ many }) => `Zeros among ${many}`, note: () => "share of values that are exactly 0", of: (s) => (s.count ? s.zero / s.count : null), format: (value) => `${percent(value)} %` },
  { name: "nonfinite", label: ({ many }) => `Not finite ${many}`, note: () => "values that are NaN or infinite", of: (summary) => figures(summary).nonfinite, format: count },
];

/** Those that the run has numbers for. */
export function summaryMeasures(run: RunIndex): Measure[] {
  const rows = run.rows("distributions");
  const quantities = new Set(rows.map((row) => row["quantity"]));
  const broken = new Set(rows.filter((row) => hasNonfinite(row["summary"])).map((row) => row["quantity"]));
  const found = KINDS.filter(({ quantity }) => quantities.has(quantity)).flatMap((kind) => [
    ...(kind.quantity === "activation" ? [] : [normMeasure(run, kind)]),
    ...FIGURES.filter(({ name }) => name !== "nonfinite" || broken.has(kind.quantity)).map((figure) => figureMeasure(run, kind, figure)),
  ]);
  if (quantities.has("update") && quantities.has("parameter")) found.push(updateRatio(run));
  if (rows.some((row) => toNumber(row["units"]))) found.push(deadShare(run));
  return found;
}

function about(run: RunIndex, { quantity, table }: Kind): Pick<Measure, "table" | "gap" | "applies" | "without" | "groups"> {
  const ofParameters = quantity !== "activation";
  return {
    table,
    gap: quantity,
    applies: (id) => isModule(run, id) && (!ofParameters || run.parameterCount(id) > 0),
    without: ofParameters ? "no parameters" : "no value",
    groups: ofParameters ? "over all values inside" : "",
  };
}

function isModule(run: RunIndex, id: string): boolean {
  return run.graph.node(id)?.kind === "module";
}

function figureMeasure(run: RunIndex, kind: Kind, figure: Figure): Measure {
  const name = `${kind.quantity}.${figure.name}`;
  return {
    ...about(run, kind),
    name: SHORT[name] ?? name,
    label: figure.label(kind),
    note: figure.note(kind),
    value: (id, { step }) => {
      const summary = run.summary(id, kind.quantity, step);
      if (!summary) return null;
      const isBroken = figure.name !== "nonfinite" && figure.name !== "zeros" && figures(summary).nonfinite > 0;
      return isBroken ? NaN : figure.of(summary);
    },
    format: figure.format ?? inFigures,
  };
}

function normMeasure(run: RunIndex, kind: Kind): Measure {
  const name = `${kind.quantity}.norm`;
  const note = kind.quantity === "gradient" ? "‖∂L/∂W‖₂ of one batch" : `root of the sum of squares of the ${kind.many}`;
  return {
    ...about(run, kind),
    name: SHORT[name] ?? name,
    label: `${kind.one} norm`,
    note,
    value: (id, { step }) => run.normOf(id, kind.quantity, step),
    format: inFigures,
  };
}

function updateRatio(run: RunIndex): Measure {
  return {
    ...about(run, KINDS[3]!),
    name: "update.ratio",
    label: "Update ÷ weight",
    note: "norm of the update over that of the weights",
    value: (id, { step }) => {
      const [update, weight] = [run.normOf(id, "update", step), run.normOf(id, "parameter", step)];
      return update === null || !weight ? null : update / weight;
    },
    format: inFigures,
  };
}

/** Units that never answered, of those that were watched in the node, else of all inside it. */
function deadShare(run: RunIndex): Measure {
  const known = new Map<string, number | null>();
  const sums = (id: string, split: string | null) => {
    let [units, dead] = [0, 0];
    for (const row of ofSplit(run.rowsOf("distributions", id), split)) {
      units += toNumber(row["units"]) ?? 0;
      dead += toNumber(row["dead_units"]) ?? 0;
    }
    return [units, dead] as const;
  };
  const share = (id: string, split: string | null): number | null => {
    const own = sums(id, split);
    if (own[0]) return own[1] / own[0];
    let [units, dead] = [0, 0];
    for (const inner of run.graph.descendants(id)) {
      const [some, never] = sums(inner, split);
      units += some;
      dead += never;
    }
    return units ? dead / units : null;
  };
  return {
    ...about(run, KINDS[1]!),
    name: "activation.dead",
    label: "Dead units",
    note: "share of units that were never above zero",
    value: (id, { split }) => {
      const key = `${split ?? ""}|${id}`;
      if (!known.has(key)) known.set(key, share(id, split));
      return known.get(key)!;
    },
    format: (value) => `${percent(value)} %`,
    applies: () => false,
    groups: "over all units inside",
  };
}

function largest(summary: TensorSummary): number | null {
  const ends = [toNumber(summary.minimum), toNumber(summary.maximum)].filter((end) => end !== null);
  return ends.length ? Math.max(...ends.map(Math.abs)) : null;
}

function hasNonfinite(cell: unknown): boolean {
  const summary = cell as TensorSummary | null;
  return summary !== null && summary !== undefined && summary.nan + summary.positive_infinity + summary.negative_infinity > 0;
}
