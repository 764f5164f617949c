import { expect, it } from "vitest";
import { Motion } from "./motion";

it("runs from 0 to 1 in 200 ms along cubic-bezier(.2, 0, 0, 1)", () => {
  const motion = new Motion(new Map(), 1000);
  expect(motion.progress(1000)).toBeCloseTo(0);
  expect(motion.progress(1200)).toBe(1);
  expect(motion.progress(5000)).toBe(1);
  // At time share s the curve's parameter t solves 3(1-t)^2 t 0.2 + t^3 = s; its height is 3(1-t)t^2 + t^3.
  const t = 0.5;
  const share = 3 * (1 - t) ** 2 * t * 0.2 + t ** 3;
  expect(motion.progress(1000 + 200 * share)).toBeCloseTo(3 * (1 - t) * t ** 2 + t ** 3);
});
