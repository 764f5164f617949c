import { expect, it } from "vitest";
import { Slices } from "./slices";

function* counting(to: number): Generator<number, string> {
  for (let i = 1; i <= to; i++) {
    const end = performance.now() + 3;
    while (performance.now() < end);
    yield i / to;
  }
  return `counted to ${to}`;
}

it("does all of a long work in several slices, and says how far it is", async () => {
  const slices = new Slices();
  const told: number[] = [];
  const running = slices.run(counting(20), (share) => told.push(share));
  expect(slices.busy).toBe(true);
  expect(await running).toBe("counted to 20");
  expect(slices.busy).toBe(false);
  expect(told.length).toBeGreaterThan(1);
  expect(told).toEqual([...told].sort((a, b) => a - b));
});

it("gives up a work when another is begun, or when it is told to stop", async () => {
  const slices = new Slices();
  const first = slices.run(counting(20), () => undefined);
  const second = slices.run(counting(2), () => undefined);
  expect(await first).toBeNull();
  expect(await second).toBe("counted to 2");
  const third = slices.run(counting(20), () => undefined);
  slices.stop();
  expect(await third).toBeNull();
  expect(slices.busy).toBe(false);
});
