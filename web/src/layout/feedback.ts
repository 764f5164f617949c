import { ROOT, type GraphIndex } from "../model/graph";
import type { Flows } from "./flows";
import { portColumn, type GroupPlan, type GroupPlanner, type PortOrder, type Side } from "./plans";

const SIDES = ["in", "out"] as const;
/** What part of the work the first of the two rounds is, about. */
const FIRST_SHARE = 0.7;

/**
 * Lays out all open groups: `open` names them, outer ones before those inside them, and `flows` are theirs.
 *
 * Each group is laid out after those inside it, with its ports where they suit what is in it. Then
 * each is asked for the order of ports that would suit what is around it, from outside inward, and
 * takes it where that makes fewer crossings in all. Gives after each group how much is done, 0 to 1.
 */
export function* planGroups(
  planner: GroupPlanner,
  index: GraphIndex,
  open: readonly string[],
  flows: readonly Flows[],
): Generator<number, Map<string, GroupPlan>> {
  const opened = new Set(open);
  const inward = [...open].reverse();
  const first = new Map<string, GroupPlan>();
  for (let i = open.length - 1; i >= 0; i--) {
    const id = open[i]!;
    first.set(id, planner.plan(planner.contents(id, opened, flows[i]!), first));
    yield FIRST_SHARE * (1 - i / open.length);
  }
  const asked = yield* askFromOutside(planner, index, open, first);
  if (asked.size === 0) return first;

  const second = new Map<string, GroupPlan>();
  for (const id of inward) {
    const before = first.get(id)!;
    const changed = before.items.some((item) => first.get(item) !== second.get(item));
    const order = asked.get(id);
    const own = changed ? planner.plan(before, second) : before;
    const fitting = order && planner.plan(before, second, order);
    second.set(id, fitting && crossings(fitting) < crossings(own) + misfits(own, order) ? fitting : own);
    yield FIRST_SHARE + ((1 - FIRST_SHARE) * second.size) / open.length;
  }
  const total = (plans: ReadonlyMap<string, GroupPlan>): number =>
    open.reduce((sum, id) => sum + crossings(plans.get(id)!), 0);
  return total(second) < total(first) ? second : first;
}

function crossings(plan: GroupPlan): number {
  return plan.placed.crossings;
}

/** Orders of ports that would suit the surroundings of groups, where they are not so already. */
function* askFromOutside(
  planner: GroupPlanner,
  index: GraphIndex,
  open: readonly string[],
  plans: ReadonlyMap<string, GroupPlan>,
): Generator<number, Map<string, PortOrder>> {
  const asked = new Map<string, PortOrder>();
  const fitted = new Map<string, GroupPlan>();
  const ends = new Ends();
  for (const id of open) {
    const plan = plans.get(id)!;
    const around = id === ROOT ? undefined : fitted.get(index.parent(id)!);
    const wanted = around && { in: suiting(around, plan, "in", ends), out: suiting(around, plan, "out", ends) };
    if (!wanted || misfits(plan, wanted) === 0) {
      fitted.set(id, plan);
      continue;
    }
    asked.set(id, wanted);
    fitted.set(id, planner.plan(plan, plans, wanted));
    yield FIRST_SHARE;
  }
  return asked;
}

/** The lines that leave and enter each item of a group, as places in its edges. */
class Ends {
  private readonly known = new Map<GroupPlan, Record<Side, Map<number, number[]>>>();

  /** Of the lines around a group, those that leave it or enter it; `place` is the group's among its siblings. */
  of(around: GroupPlan, place: number, side: Side): readonly number[] {
    const known = this.known.get(around) ?? this.find(around);
    return known[side].get(place) ?? [];
  }

  private find(around: GroupPlan): Record<Side, Map<number, number[]>> {
    const found = { in: new Map<number, number[]>(), out: new Map<number, number[]>() };
    const note = (side: Side, item: number, edge: number): void => {
      const list = found[side].get(item);
      if (list) list.push(edge);
      else found[side].set(item, [edge]);
    };
    around.flows.edges.forEach(({ from, to }, i) => {
      note("out", from, i);
      note("in", to, i);
    });
    this.known.set(around, found);
    return found;
  }
}

/** A group's nets in the order in which their lines stand around it, a little away from its border. */
function suiting(around: GroupPlan, inner: GroupPlan, side: Side, ends: Ends): readonly number[] {
  if (inner.ports[side].length < 2) return inner.ports[side];
  const columns = new Map(inner.ports[side].map((net) => [net, { sum: 0, count: 0 }]));
  for (const i of ends.of(around, around.items.indexOf(inner.id), side)) {
    const points = around.placed.routes[i]!;
    const at = side === "out" ? (points[2] ?? points.at(-1)!) : (points.at(-3) ?? points[0]!);
    const column = columns.get(around.flows.nets[around.flows.edges[i]!.net]!)!;
    column.sum += at[0];
    column.count++;
  }
  const place = (net: number): number => columns.get(net)!.sum / Math.max(1, columns.get(net)!.count);
  const now = new Map(inner.ports[side].map((net) => [net, portColumn(inner, net, side)]));
  return [...inner.ports[side]].sort((a, b) => place(a) - place(b) || now.get(a)! - now.get(b)!);
}

/** Pairs of ports that stand otherwise than in this order. */
function misfits(plan: GroupPlan, order: PortOrder): number {
  let count = 0;
  for (const side of SIDES) {
    if (order[side].length < 2) continue;
    const columns = order[side].map((net) => portColumn(plan, net, side));
    for (let i = 0; i < columns.length; i++) {
      for (let j = i + 1; j < columns.length; j++) if (columns[i]! > columns[j]!) count++;
    }
  }
  return count;
}
