import { describe, expect, it } from "vitest";
import { type Diagram, LayoutCache, type Placed, compose } from "./compose";

interface Shape {
  groups?: Record<string, string[]>;
  edges: [string, string][];
  sizes?: Record<string, [number, number]>;
}

function diagram({ groups = {}, edges, sizes = {} }: Shape, top: string[]): Diagram {
  const children = new Map([["", top], ...Object.entries(groups)]);
  const parent = new Map<string, string>();
  for (const [group, inside] of children) for (const id of inside) parent.set(id, group);
  return {
    children,
    parent,
    size: (id) => ({ width: sizes[id]?.[0] ?? 100, height: sizes[id]?.[1] ?? 26 }),
    titleWidth: () => 120,
    edges: edges.map(([source, target]) => ({ source, target })),
  };
}

function residual(): Diagram {
  return diagram(
    {
      groups: { block: ["conv1", "bn1", "conv2", "add"] },
      edges: [
        ["input", "conv1"],
        ["conv1", "bn1"],
        ["bn1", "conv2"],
        ["conv2", "add"],
        ["input", "add"],
        ["add", "fc"],
      ],
    },
    ["input", "block", "fc"],
  );
}

function random(count: number, seed: number): Diagram {
  let state = seed;
  const next = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
  const ids = Array.from({ length: count }, (_, i) => `n${i}`);
  const groups: Record<string, string[]> = {};
  const top: string[] = [];
  for (let i = 0; i < count; i += 5) {
    groups[`g${i}`] = ids.slice(i, i + 5);
    top.push(`g${i}`);
  }
  const edges: [string, string][] = [];
  for (let i = 1; i < count; i++) {
    edges.push([ids[i - 1]!, ids[i]!]);
    if (next() < 0.4) edges.push([ids[Math.floor(next() * i)]!, ids[i]!]);
  }
  return diagram({ groups, edges }, top);
}

const DIAGRAMS: [string, Diagram][] = [
  ["residual", residual()],
  ["random 20", random(20, 3)],
  ["random 60", random(60, 7)],
  ["random 150", random(150, 11)],
];

function box(placed: Placed, id: string) {
  return placed.boxes.find((b) => b.id === id)!;
}

describe.each(DIAGRAMS)("the layout of %s", (_, subject) => {
  const placed = compose(subject);

  it("keeps nodes apart and inside their groups", () => {
    for (const a of placed.boxes) {
      const group = subject.parent.get(a.id) ?? "";
      if (group !== "") {
        const around = box(placed, group);
        expect(a.x).toBeGreaterThanOrEqual(around.x);
        expect(a.y).toBeGreaterThanOrEqual(around.y);
        expect(a.x + a.width).toBeLessThanOrEqual(around.x + around.width);
        expect(a.y + a.height).toBeLessThanOrEqual(around.y + around.height);
      }
      for (const b of placed.boxes) {
        if (a === b || (subject.parent.get(b.id) ?? "") !== group) continue;
        const apart =
          a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        expect(apart, `${a.id} and ${b.id}`).toBe(true);
      }
    }
  });

  it("runs every edge in unbroken right angles from its source to its target", () => {
    subject.edges.forEach(({ source, target }, index) => {
      const points = placed.routes[index]!.flatMap((s) => placed.segments[s]!.points);
      const [from, to] = [box(placed, source), box(placed, target)];
      const first = points[0]!;
      const last = points[points.length - 1]!;
      expect(first[1]).toBeCloseTo(from.y + from.height);
      expect(Math.abs(first[0] - (from.x + from.width / 2))).toBeLessThan(1.5);
      expect(last[1]).toBeGreaterThanOrEqual(to.y - 0.5);
      expect(last[1]).toBeLessThanOrEqual(to.y + to.height);
      for (let i = 1; i < points.length; i++) {
        const [dx, dy] = [points[i]![0] - points[i - 1]![0], points[i]![1] - points[i - 1]![1]];
        expect(Math.min(Math.abs(dx), Math.abs(dy)), `${source} to ${target}`).toBeLessThan(1.5);
      }
    });
  });

  it("draws no edge through a node", () => {
    const leaves = placed.boxes.filter((b) => !b.group);
    for (const { points } of placed.segments)
      for (let i = 1; i < points.length; i++) {
        const [[ax, ay], [bx, by]] = [points[i - 1]!, points[i]!];
        for (const b of leaves) {
          const inside =
            Math.max(ax, bx) > b.x + 1 &&
            Math.min(ax, bx) < b.x + b.width - 1 &&
            Math.max(ay, by) > b.y + 1 &&
            Math.min(ay, by) < b.y + b.height - 1;
          expect(inside, `a line through ${b.id}`).toBe(false);
        }
      }
  });

  it("is the same every time", () => {
    expect(compose(subject)).toEqual(placed);
  });
});

it("puts a port wherever a tensor crosses a border, one a tensor", () => {
  const ports = compose(residual()).ports;
  expect(ports.length).toBe(2);
  const block = box(compose(residual()), "block");
  expect(ports.map((p) => p.y).sort((a, b) => a - b)).toEqual([block.y, block.y + block.height]);
});

it("keeps the main path straight beside a skip connection", () => {
  const placed = compose(residual());
  const centres = ["conv1", "bn1", "conv2", "add"].map((id) => {
    const b = box(placed, id);
    return b.x + b.width / 2;
  });
  expect(new Set(centres.map(Math.round)).size).toBe(1);
});

it("lays equal blocks out once", () => {
  const names = ["a", "b", "c", "d"];
  const groups = Object.fromEntries(names.map((n) => [n, [`${n}1`, `${n}2`]]));
  const edges: [string, string][] = [];
  names.forEach((n, i) => {
    edges.push([`${n}1`, `${n}2`]);
    if (i) edges.push([`${names[i - 1]}2`, `${n}1`]);
  });
  const cache = new LayoutCache();
  compose(diagram({ groups, edges }, names), cache);
  expect(cache.hits).toBe(1); // b and c; a and d have one port less
});

it("draws cycles, and things without any edge below each other", () => {
  const cycle = compose(diagram({ edges: [["a", "b"], ["b", "c"], ["c", "a"]] }, ["a", "b", "c"]));
  expect(box(cycle, "a").y).toBeLessThan(box(cycle, "c").y);
  const loose = compose(diagram({ edges: [] }, ["a", "b", "c"]));
  expect(box(loose, "a").y).toBeLessThan(box(loose, "b").y);
});

it("manages 500 children in one group and a chain of 1,500", () => {
  const many = Array.from({ length: 500 }, (_, i) => `m${i}`);
  const fan = many.flatMap((id): [string, string][] => [["in", id], [id, "out"]]);
  expect(compose(diagram({ edges: fan }, ["in", ...many, "out"])).boxes.length).toBe(502);
  const chain = Array.from({ length: 1500 }, (_, i) => `c${i}`);
  const edges = chain.slice(1).map((id, i): [string, string] => [chain[i]!, id]);
  expect(compose(diagram({ edges }, chain)).boxes.length).toBe(1500);
});
