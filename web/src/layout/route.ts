import { addBottom, addTop, forkColumns, layTracks, makeComb, partingColumns, type Comb, type Detour } from "./channels";
import { lastBend, passingOf, type Layered } from "./layers";
import type { Ranking } from "./ranks";
import { SPACING, type Block, type Point } from "./types";

/** Where an edge goes into its target: from above at `x`, or from the side. */
type Entrance = { from: "above"; x: number } | { from: "left" | "right"; x: number };

interface Plan {
  block: Block;
  ranking: Ranking;
  layered: Layered;
  layers: number[][];
  x: Float64Array;
}

/** Vertical lines keep at least this far from boxes that they pass beside. */
const CLEAR = 8;
const ENTRY_MARGIN = 10;

/** Ways of all edges, the centre of each rank, and the height that they need. */
export interface Routed {
  rankCentre: number[];
  routes: Point[][];
  forks: { net: number; at: Point }[];
  height: number;
}

/** Routes of all edges with right angles, the heights they need, and the centre of each rank. */
export function routeEdges(plan: Plan): Routed {
  const entrances = chooseEntrances(plan);
  const { channels, ways } = collectCombs(plan, entrances);
  const tracks = channels.map((combs) => layTracks(combs));
  const { rankCentre, trackTop, height } = stackRanks(plan, tracks.map(({ count }) => count));
  const trackY = (channel: number, comb: Comb): number => trackTop[channel]! + comb.level * SPACING.track;
  const routes = plan.block.edges.map((edge, index) => {
    const walk = new Walk(plan.x[edge.source]! + edge.exit, bottomOf(plan, edge.source, rankCentre));
    const entrance = entrances[index]!;
    const combs = ways[index]!;
    const isBack = plan.ranking.backward[index]!;
    passChannels(plan, index, entrance, (channel, x) => {
      const { detours } = tracks[channel]!;
      if (detours.length === 0 && walk.isAt(x)) return;
      const comb = combs[channel]!;
      const before = detourAt(detours, comb, walk.x);
      const after = isBack ? detourAt(detours, comb, x) : undefined;
      if (before) walk.turn(before.bottoms[0]!, trackY(channel, before));
      if (after) walk.turn(after.bottoms[0]!, trackY(channel, comb));
      walk.turn(x, trackY(channel, after ?? comb));
    });
    const centre = rankCentre[plan.ranking.rank[edge.target]!]!;
    if (entrance.from === "above") walk.down(centre - plan.block.vertices[edge.target]!.height / 2);
    else walk.turn(entrance.x, centre);
    return walk.points;
  });
  const forks: { net: number; at: Point }[] = [];
  channels.forEach((combs, channel) => {
    for (const comb of combs) {
      const columns = new Set([...forkColumns(comb), ...partingColumns(comb, combs)]);
      for (const x of columns) forks.push({ net: comb.net, at: [x, trackY(channel, comb)] });
    }
  });
  forks.push(...sideForks(plan, entrances, rankCentre));
  return { rankCentre, routes, forks, height };
}

/** The comb of the detour by which a line at column `x` comes to a comb from above, if there is one. */
function detourAt(detours: Detour[], comb: Comb, x: number): Comb | undefined {
  return detours.length > 0 ? detours.find((one) => one.comb === comb && Math.abs(one.x - x) < 0.5)?.via : undefined;
}

/** A way of horizontal and vertical pieces under construction. */
class Walk {
  readonly points: Point[];

  constructor(x: number, y: number) {
    this.points = [[x, y]];
  }

  get x(): number {
    return this.points[this.points.length - 1]![0];
  }

  /** Whether it runs in this column now. */
  isAt(x: number): boolean {
    return Math.abs(this.x - x) < 0.5;
  }

  /** Goes along the vertical to `y`, then sideways to `x`. */
  turn(x: number, y: number): void {
    const last = this.points[this.points.length - 1]!;
    if (this.isAt(x)) return;
    this.points.push([last[0], y], [x, y]);
  }

  down(y: number): void {
    this.points.push([this.points[this.points.length - 1]![0], y]);
  }
}

function bottomOf(plan: Plan, vertex: number, rankCentre: number[]): number {
  return rankCentre[plan.ranking.rank[vertex]!]! + plan.block.vertices[vertex]!.height / 2;
}

/** Tells the channels that an edge passes, one after another, and the column in which it leaves each. */
function passChannels(plan: Plan, index: number, entrance: Entrance, tell: (channel: number, x: number) => void): void {
  const edge = plan.block.edges[index]!;
  const { first, count, step } = passingOf(plan.ranking, edge, index);
  const way = plan.layered.ways[index]!;
  let channel = plan.ranking.rank[edge.source]!;
  let x = entrance.x;
  for (let i = 0, rank = first; i < count; i++, rank += step, channel += step) tell(channel, (x = plan.x[way[rank]!]!));
  tell(channel, entrance.from === "above" || count === 0 ? entrance.x : x);
}

interface Channels {
  /** Combs of each channel. Channel `r` lies between ranks `r` and `r + 1`. */
  channels: Comb[][];
  /** For each edge the combs that it is part of, by channel. */
  ways: (Comb | undefined)[][];
}

/** Which edges share which line between which ranks. */
function collectCombs(plan: Plan, entrances: Entrance[]): Channels {
  const channels: Comb[][] = plan.layers.map(() => []);
  const byNet = { down: new Map<number, (Comb | undefined)[]>(), back: new Map<number, (Comb | undefined)[]>() };
  const ways = plan.block.edges.map((edge, index) => {
    const isBack = plan.ranking.backward[index]!;
    const nets = isBack ? byNet.back : byNet.down;
    let combs = nets.get(edge.net);
    if (!combs) nets.set(edge.net, (combs = []));
    const [start, end] = [plan.ranking.rank[edge.source]!, plan.ranking.rank[edge.target]! - 1];
    let from = plan.x[edge.source]! + edge.exit;
    passChannels(plan, index, entrances[index]!, (channel, to) => {
      let comb = combs[channel];
      if (!comb) channels[channel]!.push((comb = combs[channel] = makeComb(edge.net)));
      if (!isBack || channel === start) addTop(comb, from);
      else addBottom(comb, from);
      if (!isBack || channel === end) addBottom(comb, to);
      else addTop(comb, to);
      from = to;
    });
    return combs;
  });
  return { channels, ways };
}

/** Heights: ranks as tall as their tallest box, channels as tall as their tracks need. */
function stackRanks(
  plan: Plan,
  tracks: number[],
): { rankCentre: number[]; trackTop: number[]; height: number } {
  const { top, bottom } = plan.block.inset;
  const rankCentre: number[] = [];
  const trackTop: number[] = [];
  let y = 0;
  plan.layers.forEach((layer, rank) => {
    const tallest = layer.reduce((most, vertex) => Math.max(most, plan.layered.height[vertex]!), 0);
    rankCentre.push(y + tallest / 2);
    y += tallest;
    if (rank === plan.layers.length - 1) return;
    const count = tracks[rank]!;
    const lines = Math.max(0, count - 1) * SPACING.track;
    const isFirst = rank === 0;
    const isLast = rank === plan.layers.length - 2;
    const above = isFirst ? top : 0;
    const ports = plan.layers[isFirst ? 0 : rank + 1]!.length > 0;
    let gap: number = count > 0 ? SPACING.ranks * 1.5 + lines : SPACING.ranks;
    if (isFirst) gap = count > 0 ? 6 + lines + SPACING.ranks : ports ? 10 : 4;
    if (isLast) gap = Math.max(bottom, count > 0 ? gap : 0);
    trackTop.push(y + above + (isFirst ? 6 : SPACING.ranks * 0.6));
    y += above + gap;
  });
  return { rankCentre, trackTop, height: y };
}

/** Long edges go into a box from the side where nothing stands between; all others from above. */
function chooseEntrances(plan: Plan): Entrance[] {
  const entrances = new Array<Entrance | undefined>(plan.block.edges.length);
  const incoming = new Map<number, Map<number, number[]>>();
  plan.block.edges.forEach((edge, index) => {
    if (edge.entry !== null) {
      entrances[index] = { from: "above", x: plan.x[edge.target]! + edge.entry };
      return;
    }
    const nets = incoming.get(edge.target) ?? new Map<number, number[]>();
    incoming.set(edge.target, nets);
    const alike = nets.get(edge.net);
    if (alike) alike.push(index);
    else nets.set(edge.net, [index]);
  });
  const position = new Map<number, number>();
  for (const layer of plan.layers) layer.forEach((vertex, i) => position.set(vertex, i));
  for (const [target, nets] of incoming) {
    const above: number[][] = [];
    const taken = new Set<string>();
    const distance = (indexes: number[]): number => {
      const last = lastOf(plan, indexes[0]!);
      return last === undefined ? 0 : Math.abs(plan.x[last]! - plan.x[target]!);
    };
    const outerFirst = [...nets.values()].sort((a, b) => distance(b) - distance(a));
    for (const indexes of outerFirst) {
      const side = nets.size > 1 ? freeSide(plan, indexes, position) : null;
      if (side && !taken.has(side.from)) {
        taken.add(side.from);
        for (const index of indexes) entrances[index] = side;
      } else above.push(indexes);
    }
    spreadEntries(plan, target, above, entrances);
  }
  return entrances as Entrance[];
}

/** The side of its target at which long edges of one net can go in, if the way there is free. */
function freeSide(plan: Plan, indexes: number[], position: Map<number, number>): Entrance | null {
  const edge = plan.block.edges[indexes[0]!]!;
  const last = lastOf(plan, indexes[0]!);
  const stopsElsewhere = (index: number): boolean => lastOf(plan, index) !== last || plan.ranking.backward[index]!;
  if (last === undefined || indexes.some(stopsElsewhere)) return null;
  const target = edge.target;
  const column = plan.x[last]!;
  const half = plan.block.vertices[target]!.width / 2;
  const step = column > plan.x[target]! ? 1 : -1;
  const border = plan.x[target]! + step * half;
  if (step * (column - border) < CLEAR * 2) return null;
  const layer = plan.layers[plan.ranking.rank[target]!]!;
  for (let i = position.get(target)! + step; i >= 0 && i < layer.length; i += step) {
    const beside = layer[i]!;
    const near = plan.x[beside]! - (step * plan.layered.width[beside]!) / 2;
    if (plan.layered.net[beside] === edge.net && Math.abs(plan.x[beside]! - column) < 0.5) break;
    if (step * (near - column) < CLEAR) return null;
    break;
  }
  return { from: step > 0 ? "right" : "left", x: border };
}

/** Spreads the edges that go in from above: each as near to where it comes from as the box allows. */
function spreadEntries(plan: Plan, target: number, nets: number[][], entrances: (Entrance | undefined)[]): void {
  const centre = plan.x[target]!;
  const half = Math.max(0, plan.block.vertices[target]!.width / 2 - ENTRY_MARGIN);
  const columnOf = (index: number): number => {
    const edge = plan.block.edges[index]!;
    const last = lastOf(plan, index);
    return last === undefined ? plan.x[edge.source]! + edge.exit : plan.x[last]!;
  };
  const wanted = nets.map((indexes) => {
    const columns = indexes.map(columnOf).sort((a, b) => a - b);
    return { indexes, x: columns[columns.length >> 1]! };
  });
  const only = wanted.length === 1 ? wanted[0] : undefined;
  if (only) {
    const x = Math.abs(only.x - centre) <= half ? only.x : centre;
    for (const index of only.indexes) entrances[index] = { from: "above", x };
    return;
  }
  wanted.sort((a, b) => a.x - b.x || a.indexes[0]! - b.indexes[0]!);
  const gap = Math.min(SPACING.entries, wanted.length > 1 ? (2 * half) / (wanted.length - 1) : 0);
  const places = wanted.map(({ x }) => Math.min(Math.max(x, centre - half), centre + half));
  for (let i = 1; i < places.length; i++) places[i] = Math.max(places[i]!, places[i - 1]! + gap);
  let limit = centre + half;
  for (let i = places.length - 1; i >= 0; i--) {
    places[i] = Math.min(places[i]!, limit);
    limit = places[i]! - gap;
  }
  wanted.forEach(({ indexes }, i) => {
    for (const index of indexes) entrances[index] = { from: "above", x: places[i]! };
  });
}

function lastOf(plan: Plan, index: number): number | undefined {
  return lastBend(plan.layered, plan.ranking, plan.block.edges[index]!, index);
}

/** Dots where a line runs on past a box and a branch goes into the box's side. */
function sideForks(plan: Plan, entrances: Entrance[], rankCentre: number[]): { net: number; at: Point }[] {
  const { layered, ranking, x } = plan;
  const forks: { net: number; at: Point }[] = [];
  plan.block.edges.forEach((edge, index) => {
    const last = lastOf(plan, index);
    if (entrances[index]!.from === "above" || last === undefined) return;
    const rank = ranking.rank[edge.target]!;
    const beside = layered.ways[index]![rank]!;
    const column = x[last]!;
    if (beside >= 0 && Math.round(x[beside]!) === Math.round(column)) forks.push({ net: edge.net, at: [column, rankCentre[rank]!] });
  });
  return forks;
}
