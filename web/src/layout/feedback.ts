import { ROOT, type GraphIndex } from "../model/graph";
import type { Flows } from "./flows";
import { portColumn, type GroupPlan, type GroupPlanner, type PortOrder, type Side } from "./plans";

const SIDES = ["in", "out"] as const;

/**
 * Lays out all open groups: `open` names them, outer ones before those inside them.
 *
 * Each group is laid out after those inside it, with its ports where they suit what is in it. Then
 * each is asked for the order of ports that would suit what is around it, from outside inward, and
 * takes it where that makes fewer crossings in all.
 */
export function planGroups(
  planner: GroupPlanner,
  index: GraphIndex,
  open: readonly string[],
  flows: ReadonlyMap<string, Flows>,
): Map<string, GroupPlan> {
  const opened = new Set(open);
  const inward = [...open].reverse();
  const first = new Map<string, GroupPlan>();
  for (const id of inward) first.set(id, planner.plan(planner.contents(id, opened, flows.get(id)!), first));
  const asked = askFromOutside(planner, index, open, first);
  if (asked.size === 0) return first;

  const second = new Map<string, GroupPlan>();
  for (const id of inward) {
    const before = first.get(id)!;
    const changed = before.items.some((item) => first.get(item) !== second.get(item));
    const order = asked.get(id);
    const own = changed ? planner.plan(before, second) : before;
    const fitting = order && planner.plan(before, second, order);
    second.set(id, fitting && crossings(fitting) < crossings(own) + misfits(own, order) ? fitting : own);
  }
  const total = (plans: ReadonlyMap<string, GroupPlan>): number =>
    open.reduce((sum, id) => sum + crossings(plans.get(id)!), 0);
  return total(second) < total(first) ? second : first;
}

function crossings(plan: GroupPlan): number {
  return plan.placed.crossings;
}

/** Orders of ports that would suit the surroundings of groups, where they are not so already. */
function askFromOutside(
  planner: GroupPlanner,
  index: GraphIndex,
  open: readonly string[],
  plans: ReadonlyMap<string, GroupPlan>,
): Map<string, PortOrder> {
  const asked = new Map<string, PortOrder>();
  const fitted = new Map<string, GroupPlan>();
  for (const id of open) {
    const plan = plans.get(id)!;
    const around = id === ROOT ? undefined : fitted.get(index.parent(id)!);
    const wanted = around && { in: suiting(around, plan, "in"), out: suiting(around, plan, "out") };
    if (!wanted || misfits(plan, wanted) === 0) {
      fitted.set(id, plan);
      continue;
    }
    asked.set(id, wanted);
    fitted.set(id, planner.plan(plan, plans, wanted));
  }
  return asked;
}

/** A group's nets in the order in which their lines stand around it, a little away from its border. */
function suiting(around: GroupPlan, inner: GroupPlan, side: Side): string[] {
  const nets = [...inner.ports[side]];
  if (nets.length < 2) return nets;
  const columns = new Map(nets.map((net) => [net, { sum: 0, count: 0 }]));
  around.flows.edges.forEach(({ net, from, to }, i) => {
    if ((side === "out" ? from : to) !== inner.id) return;
    const points = around.placed.routes[i]!;
    const at = side === "out" ? (points[2] ?? points.at(-1)!) : (points.at(-3) ?? points[0]!);
    const column = columns.get(net)!;
    column.sum += at[0];
    column.count++;
  });
  const place = (net: string): number => columns.get(net)!.sum / Math.max(1, columns.get(net)!.count);
  const now = new Map(nets.map((net) => [net, portColumn(inner, net, side)]));
  return nets.sort((a, b) => place(a) - place(b) || now.get(a)! - now.get(b)!);
}

/** Pairs of ports that stand otherwise than in this order. */
function misfits(plan: GroupPlan, order: PortOrder): number {
  let count = 0;
  for (const side of SIDES) {
    const columns = order[side].map((net) => portColumn(plan, net, side));
    for (let i = 0; i < columns.length; i++) {
      for (let j = i + 1; j < columns.length; j++) if (columns[i]! > columns[j]!) count++;
    }
  }
  return count;
}
