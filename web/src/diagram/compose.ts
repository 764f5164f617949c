/** Lays out every open group by itself, innermost first, and puts them together. */

import { type Item, type Layered, type Link, type Point, layered } from "./layered";

/** What is drawn: nodes and open groups, and the tensors between the nodes. */
export interface Diagram {
  /** Children of each open group in execution order; the outermost is "". */
  children: Map<string, string[]>;
  parent: Map<string, string>;
  size: (id: string) => { width: number; height: number };
  /** Least width of an open group, for its title. */
  titleWidth: (id: string) => number;
  edges: { source: string; target: string }[];
}

export interface Box {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
  group: boolean;
  depth: number;
}

/** A line inside one group: a whole edge, or the part of one between two borders. */
export interface Segment {
  source: string;
  points: Point[];
  edges: number[];
  /** Whether an arrow ends here. */
  arrow: boolean;
}

export interface Port {
  group: string;
  x: number;
  y: number;
}

export interface Placed {
  width: number;
  height: number;
  boxes: Box[];
  segments: Segment[];
  ports: Port[];
  /** Of each edge in the diagram: its segments in order. */
  routes: number[][];
}

export const GROUP = { header: 32, side: 20, bottom: 14, top: 4 } as const;

interface Scope {
  ids: string[];
  items: Item[];
  links: Link[];
  linkEdges: number[][];
  layout: Layered;
}

interface Wire {
  from: string;
  to: string;
  source: string;
  edges: number[];
}

const PORT = "\u0000";

/** Layouts by content, so that equal blocks are laid out once. Kept between calls. */
export class LayoutCache {
  readonly known = new Map<string, Layered>();
  hits = 0;
  misses = 0;

  layout(items: Item[], links: Link[]): Layered {
    const keys = new Map<string, number>();
    const short = (key: string) => {
      if (!keys.has(key)) keys.set(key, keys.size);
      return keys.get(key)!;
    };
    const content = JSON.stringify([
      items.map((i) => [i.width, i.height, i.port ?? 0]),
      links.map((l) => [l.source, l.target, l.sourceOffset, l.targetOffset, short(l.key)]),
    ]);
    const found = this.known.get(content);
    if (found) {
      this.hits++;
      return found;
    }
    this.misses++;
    const made = layered(items, links);
    this.known.set(content, made);
    return made;
  }
}

export function compose(diagram: Diagram, cache = new LayoutCache()): Placed {
  const { wires, legs } = wireScopes(diagram);
  const scopes = new Map<string, Scope>();
  for (const group of innermostFirst(diagram))
    scopes.set(group, layoutScope(diagram, group, wires.get(group) ?? new Map(), scopes, cache));
  return place(diagram, scopes, legs);
}

/** Open groups, each after the groups inside it. */
function innermostFirst(diagram: Diagram): string[] {
  const order: string[] = [];
  const stack = [""];
  while (stack.length) {
    const group = stack.pop()!;
    order.push(group);
    for (const id of diagram.children.get(group) ?? [])
      if (diagram.children.has(id)) stack.push(id);
  }
  return order.reverse();
}

/**
 * Cut each edge at the group borders that it crosses; equal pieces of one tensor become one.
 * `legs` are the groups that each edge passes, in its direction.
 */
function wireScopes(diagram: Diagram): {
  wires: Map<string, Map<string, Wire>>;
  legs: string[][];
} {
  const scopes = new Map<string, Map<string, Wire>>();
  const legs: string[][] = diagram.edges.map(() => []);
  const add = (group: string, from: string, to: string, source: string, edge: number) => {
    legs[edge]!.push(group);
    let wires = scopes.get(group);
    if (!wires) scopes.set(group, (wires = new Map()));
    const key = `${from}\u0001${to}\u0001${source}`;
    const wire = wires.get(key);
    if (wire) wire.edges.push(edge);
    else wires.set(key, { from, to, source, edges: [edge] });
  };
  const paths = new Map<string, string[]>();
  const groupsAround = (id: string): string[] => {
    const parent = diagram.parent.get(id) ?? "";
    let path = paths.get(parent);
    if (!path) {
      path = parent === "" ? [""] : [...groupsAround(parent), parent];
      paths.set(parent, path);
    }
    return path;
  };
  diagram.edges.forEach(({ source, target }, index) => {
    const up = groupsAround(source);
    const down = groupsAround(target);
    let common = 0;
    while (common + 1 < Math.min(up.length, down.length) && up[common + 1] === down[common + 1])
      common++;
    let from = source;
    for (let depth = up.length - 1; depth > common; depth--) {
      add(up[depth]!, from, `${PORT}out${PORT}${source}`, source, index);
      from = up[depth]!;
    }
    const first = common + 1 < down.length ? down[common + 1]! : target;
    add(up[common]!, from, first, source, index);
    for (let depth = common + 1; depth < down.length; depth++) {
      const to = depth + 1 < down.length ? down[depth + 1]! : target;
      add(down[depth]!, `${PORT}in${PORT}${source}`, to, source, index);
    }
  });
  return { wires: scopes, legs };
}

function layoutScope(
  diagram: Diagram,
  group: string,
  wires: Map<string, Wire>,
  scopes: Map<string, Scope>,
  cache: LayoutCache,
): Scope {
  const ids = [...(diagram.children.get(group) ?? [])];
  const items: Item[] = ids.map((id) => {
    const inner = scopes.get(id);
    return inner ? groupSize(diagram, id, inner) : diagram.size(id);
  });
  const index = new Map(ids.map((id, i) => [id, i]));
  const itemOf = (end: string): number => {
    let found = index.get(end);
    if (found === undefined) {
      found = ids.length;
      index.set(end, found);
      ids.push(end);
      items.push({ width: 8, height: 0, port: end.startsWith(`${PORT}in`) ? "in" : "out" });
    }
    return found;
  };
  const links: Link[] = [];
  const linkEdges: number[][] = [];
  for (const wire of wires.values()) {
    links.push({
      source: itemOf(wire.from),
      target: itemOf(wire.to),
      sourceOffset: portOffset(diagram, scopes, wire.from, "out", wire.source),
      targetOffset: portOffset(diagram, scopes, wire.to, "in", wire.source),
      key: wire.source,
    });
    linkEdges.push(wire.edges);
  }
  return { ids, items, links, linkEdges, layout: cache.layout(items, links) };
}

function groupSize(diagram: Diagram, id: string, inner: Scope): { width: number; height: number } {
  const width = Math.max(inner.layout.width + 2 * GROUP.side, diagram.titleWidth(id));
  return { width, height: inner.layout.height + GROUP.header + GROUP.top + GROUP.bottom };
}

/** Where a tensor crosses the border of an open group, relative to the group's centre. */
function portOffset(
  diagram: Diagram,
  scopes: Map<string, Scope>,
  id: string,
  side: "in" | "out",
  source: string,
): number {
  const inner = scopes.get(id);
  if (!inner) return 0;
  const port = inner.ids.indexOf(`${PORT}${side}${PORT}${source}`);
  if (port < 0) return 0;
  const { width } = groupSize(diagram, id, inner);
  const margin = (width - inner.layout.width) / 2;
  return Math.round(margin + inner.layout.positions[port]![0] - width / 2);
}

function place(diagram: Diagram, scopes: Map<string, Scope>, legs: string[][]): Placed {
  const root = scopes.get("")!;
  const placed: Placed = {
    width: root.layout.width,
    height: root.layout.height,
    boxes: [],
    segments: [],
    ports: [],
    routes: diagram.edges.map(() => []),
  };
  const stack: { group: string; x: number; y: number; depth: number }[] = [
    { group: "", x: 0, y: 0, depth: 0 },
  ];
  while (stack.length) {
    const { group, x, y, depth } = stack.pop()!;
    const scope = scopes.get(group)!;
    scope.ids.forEach((id, i) => {
      const item = scope.items[i]!;
      const [cx, cy] = scope.layout.positions[i]!;
      if (item.port) {
        const border =
          item.port === "in" ? y - GROUP.header - GROUP.top : y + scope.layout.height + GROUP.bottom;
        placed.ports.push({ group, x: x + cx, y: border });
        return;
      }
      const box = {
        id,
        x: x + cx - item.width / 2,
        y: y + cy - item.height / 2,
        width: item.width,
        height: item.height,
        group: scopes.has(id),
        depth,
      };
      placed.boxes.push(box);
      const inner = scopes.get(id);
      if (inner)
        stack.push({
          group: id,
          x: box.x + (box.width - inner.layout.width) / 2,
          y: box.y + GROUP.header + GROUP.top,
          depth: depth + 1,
        });
    });
    addSegments(group, scope, [x, y], placed, legs);
  }
  return placed;
}

function addSegments(
  group: string,
  scope: Scope,
  [x, y]: Point,
  placed: Placed,
  legs: string[][],
): void {
  scope.links.forEach((link, i) => {
    const points = scope.layout.routes[i]!.map(([px, py]): Point => [px + x, py + y]);
    if (scope.items[link.source]!.port)
      points[0] = [points[0]![0], y - GROUP.header - GROUP.top];
    const last = points.length - 1;
    const out = Boolean(scope.items[link.target]!.port);
    if (out) points[last] = [points[last]![0], y + scope.layout.height + GROUP.bottom];
    const intoGroup = !out && scope.items[link.target]!.height > 40;
    const index = placed.segments.length;
    placed.segments.push({
      source: link.key,
      points,
      edges: scope.linkEdges[i]!,
      arrow: !out && !intoGroup,
    });
    for (const edge of scope.linkEdges[i]!)
      placed.routes[edge]![legs[edge]!.indexOf(group)] = index;
  });
}
