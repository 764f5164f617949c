/* Generated from document.schema.json by `npm run generate`. Do not edit. */

/**
 * What the viewer is handed, by a report or by the live app: a run and its charts.
 */
export interface Document {
  run: Run;
  views: View[];
  comparison: Comparison | null;
}
/**
 * What was measured, joined by node id.
 */
export interface Run {
  name: string;
  created: string;
  model: ModelInfo | null;
  graph: Graph | null;
  tables: {
    [k: string]: Table;
  };
  findings: Finding[];
  gaps: Gap[];
  classes: string[];
  facts: {
    [k: string]: string;
  };
  schema_version: number;
  backward: Graph | null;
  excerpts: Excerpt[];
}
/**
 * What the model is: `name` for a heading, `type` its class, `training` the mode it was in.
 */
export interface ModelInfo {
  name: string;
  type: string;
  training: boolean | null;
  parameter_count: number;
  trainable_count: number | null;
  parameter_bytes: number;
}
/**
 * Nodes by id, in execution order, and the edges between the innermost of them.
 */
export interface Graph {
  nodes: {
    [k: string]: Node;
  };
  edges: Edge[];
  capture: CaptureReport;
  saved: SavedTensor[];
}
/**
 * One thing in the graph: an op call, a module call, an input, output, parameter or buffer.
 */
export interface Node {
  id: string;
  kind: "module" | "op" | "input" | "output" | "parameter" | "buffer" | "constant" | "backward";
  name: string;
  type: string;
  parent: string | null;
  inputs: TensorSpec[];
  outputs: TensorSpec[];
  parameters: string[];
  attributes: {
    [k: string]: boolean | number | "NaN" | "Infinity" | "-Infinity" | string | null;
  };
  flops: (number | ("NaN" | "Infinity" | "-Infinity")) | null;
  source: SourceLocation | null;
  order: number;
  atomic: boolean;
  aten: string[];
}
/**
 * What a tensor looks like, without its values.
 */
export interface TensorSpec {
  shape: number[];
  dtype: string;
  device: string;
  size_bytes: number;
}
/**
 * The line of the user's own code from which a node was called.
 */
export interface SourceLocation {
  file: string;
  line: number;
  function: string;
  text: string | null;
}
/**
 * A tensor that one node made and another used. Both ends are never module calls.
 */
export interface Edge {
  source: string;
  target: string;
  tensor: TensorSpec;
}
/**
 * How complete the graph is. Nothing is dropped silently: what is missing is said here.
 */
export interface CaptureReport {
  status: "complete" | "partial";
  level: "user" | "executed";
  error: string | null;
  failed_node: string | null;
  unlinked: string[];
  unreached_parameters: string[];
  dispatched_only: string[];
  fast_paths_off: string[];
  host_reads: string[];
  notes: string[];
}
/**
 * A tensor that a step of the autograd graph keeps until backward has run.
 */
export interface SavedTensor {
  step: string;
  name: string;
  tensor: TensorSpec;
  kind: "parameter" | "buffer" | "input" | "constant" | "activation";
  source: string | null;
  first_saver: string;
  held_bytes: number;
}
/**
 * Rows stored by column. Every column has the same number of cells.
 */
export interface Table {
  name: string;
  columns: Column[];
  cells: {
    [k: string]: (number | string | boolean | null | TensorSummary | (number | ("NaN" | "Infinity" | "-Infinity"))[])[];
  };
}
/**
 * One column: `unit` is SI or empty, `meaning` is one line for a tooltip.
 */
export interface Column {
  name: string;
  kind: "integer" | "number" | "text" | "boolean" | "summary" | "numbers";
  meaning: string;
  unit: string;
  label: string;
  groups: "sum" | "max" | "none";
}
/**
 * Exact counts, extremes and sums of a tensor's values, and their logarithmic histogram.
 */
export interface TensorSummary {
  count: number;
  nan: number;
  positive_infinity: number;
  negative_infinity: number;
  zero: number;
  subnormal: number;
  minimum: (number | ("NaN" | "Infinity" | "-Infinity")) | null;
  maximum: (number | ("NaN" | "Infinity" | "-Infinity")) | null;
  total: number | ("NaN" | "Infinity" | "-Infinity");
  total_squares: number | ("NaN" | "Infinity" | "-Infinity");
  total_absolute: number | ("NaN" | "Infinity" | "-Infinity");
  bin_keys: number[];
  bin_counts: number[];
}
/**
 * One rule that fired, with the numbers behind it.
 */
export interface Finding {
  rule: string;
  severity: "error" | "warning" | "info";
  title: string;
  detail: string;
  advice: string;
  nodes: string[];
  value: (number | ("NaN" | "Infinity" | "-Infinity")) | null;
  threshold: (number | ("NaN" | "Infinity" | "-Infinity")) | null;
  unit: string;
  samples: number | null;
  steps: never[] | null;
  source: string;
  view: string;
  split: string | null;
}
/**
 * A measurement that could not be made. It stands where the number would have stood.
 */
export interface Gap {
  what: string;
  reason: string;
  node: string | null;
}
/**
 * Consecutive lines of one file; `first_line` counts from 1.
 */
export interface Excerpt {
  file: string;
  first_line: number;
  lines: string[];
}
/**
 * A named chart of one or more panels.
 */
export interface View {
  name: string;
  title: string;
  subtitle: string;
  description: string;
  panels: Panel[];
  gaps: string[];
}
/**
 * One pair of axes and what is drawn on it.
 */
export interface Panel {
  title: string;
  x: Axis;
  y: Axis;
  marks: (Line | Envelope | Bars | Band | Histogram | Heatmap | Ridges | Scatter | Rule | Zone)[];
  note: string;
}
/**
 * `label` names the quantity, `unit` is shown with it; categories are for scale "category".
 */
export interface Axis {
  label: string;
  unit: string;
  scale: "linear" | "log" | "symlog" | "category";
  categories: string[];
}
/**
 * A series. `dashed` tells series apart without colour.
 */
export interface Line {
  x: ((number | ("NaN" | "Infinity" | "-Infinity")) | null)[];
  y: ((number | ("NaN" | "Infinity" | "-Infinity")) | null)[];
  label: string;
  role:
    | "weights"
    | "activations"
    | "gradients"
    | "updates"
    | "train"
    | "test"
    | "neutral"
    | "accent"
    | "conv"
    | "norm"
    | "elementwise"
    | "linear"
    | "pool"
    | "host";
  dashed: boolean;
  markers: boolean;
  kind: "line";
}
/**
 * The stretch between two curves over numbers: quantiles over the steps of a training.
 */
export interface Envelope {
  x: ((number | ("NaN" | "Infinity" | "-Infinity")) | null)[];
  low: ((number | ("NaN" | "Infinity" | "-Infinity")) | null)[];
  high: ((number | ("NaN" | "Infinity" | "-Infinity")) | null)[];
  label: string;
  role:
    | "weights"
    | "activations"
    | "gradients"
    | "updates"
    | "train"
    | "test"
    | "neutral"
    | "accent"
    | "conv"
    | "norm"
    | "elementwise"
    | "linear"
    | "pool"
    | "host";
  strength: number | ("NaN" | "Infinity" | "-Infinity");
  kind: "envelope";
}
/**
 * One bar a category of the x axis, with an optional interval.
 */
export interface Bars {
  heights: ((number | ("NaN" | "Infinity" | "-Infinity")) | null)[];
  label: string;
  role:
    | "weights"
    | "activations"
    | "gradients"
    | "updates"
    | "train"
    | "test"
    | "neutral"
    | "accent"
    | "conv"
    | "norm"
    | "elementwise"
    | "linear"
    | "pool"
    | "host";
  low: ((number | ("NaN" | "Infinity" | "-Infinity")) | null)[];
  high: ((number | ("NaN" | "Infinity" | "-Infinity")) | null)[];
  nodes: string[];
  missing: string[];
  kind: "bars";
}
/**
 * The stretch between two quantiles for each category of the y axis, with its middle.
 */
export interface Band {
  low: ((number | ("NaN" | "Infinity" | "-Infinity")) | null)[];
  middle: ((number | ("NaN" | "Infinity" | "-Infinity")) | null)[];
  high: ((number | ("NaN" | "Infinity" | "-Infinity")) | null)[];
  label: string;
  role:
    | "weights"
    | "activations"
    | "gradients"
    | "updates"
    | "train"
    | "test"
    | "neutral"
    | "accent"
    | "conv"
    | "norm"
    | "elementwise"
    | "linear"
    | "pool"
    | "host";
  nodes: string[];
  kind: "band";
}
/**
 * Counts between edges (`len(edges) == len(counts) + 1`), and exact zeros beside them.
 */
export interface Histogram {
  edges: (number | ("NaN" | "Infinity" | "-Infinity"))[];
  counts: (number | ("NaN" | "Infinity" | "-Infinity"))[];
  label: string;
  role:
    | "weights"
    | "activations"
    | "gradients"
    | "updates"
    | "train"
    | "test"
    | "neutral"
    | "accent"
    | "conv"
    | "norm"
    | "elementwise"
    | "linear"
    | "pool"
    | "host";
  zero: number | ("NaN" | "Infinity" | "-Infinity");
  node: string | null;
  tensor: string | null;
  note: string;
  kind: "histogram";
}
/**
 * Values by row and column of two category axes; None is drawn as not measured.
 */
export interface Heatmap {
  values: ((number | ("NaN" | "Infinity" | "-Infinity")) | null)[][];
  label: string;
  unit: string;
  text: string[][];
  scale: "linear" | "log" | "symlog";
  nodes: string[];
  row_nodes: string[];
  steps: number[];
  kind: "heatmap";
}
/**
 * One distribution for each category of the y axis, layers or steps, each on its own line.
 */
export interface Ridges {
  edges: (number | ("NaN" | "Infinity" | "-Infinity"))[];
  shares: (number | ("NaN" | "Infinity" | "-Infinity"))[][];
  label: string;
  role:
    | "weights"
    | "activations"
    | "gradients"
    | "updates"
    | "train"
    | "test"
    | "neutral"
    | "accent"
    | "conv"
    | "norm"
    | "elementwise"
    | "linear"
    | "pool"
    | "host";
  zero: ((number | ("NaN" | "Infinity" | "-Infinity")) | null)[];
  spread: ((number | ("NaN" | "Infinity" | "-Infinity")) | null)[];
  odd: string[];
  nodes: string[];
  missing: string[];
  filled: "all" | "last";
  kind: "ridges";
}
/**
 * Points at two numbers each; one without an x or a y is drawn in a lane beside that axis.
 */
export interface Scatter {
  x: ((number | ("NaN" | "Infinity" | "-Infinity")) | null)[];
  y: ((number | ("NaN" | "Infinity" | "-Infinity")) | null)[];
  label: string;
  role:
    | "weights"
    | "activations"
    | "gradients"
    | "updates"
    | "train"
    | "test"
    | "neutral"
    | "accent"
    | "conv"
    | "norm"
    | "elementwise"
    | "linear"
    | "pool"
    | "host";
  names: string[];
  nodes: string[];
  labelled: number[];
  missing: string[];
  kind: "scatter";
}
/**
 * A straight line at one value of an axis, with its label.
 */
export interface Rule {
  axis: "x" | "y";
  value: number | ("NaN" | "Infinity" | "-Infinity");
  label: string;
  kind: "rule";
}
/**
 * A stretch of an axis, over the whole panel: a guide, or hatched where not measured.
 */
export interface Zone {
  axis: "x" | "y";
  low: number | ("NaN" | "Infinity" | "-Infinity");
  high: number | ("NaN" | "Infinity" | "-Infinity");
  label: string;
  hatched: boolean;
  kind: "zone";
}
/**
 * What a run is held against, node by node: its tables `differences` and `matches` say how.
 */
export interface Comparison {
  names: string[];
  runs: Run[];
}
