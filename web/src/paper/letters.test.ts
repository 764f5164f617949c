import { expect, it } from "vitest";
import { measureText } from "./letters";

const font = { weight: 400, size: 10 } as const;

it("measures without a browser, and heavier letters are wider", () => {
  expect(measureText("conv", font)).toBeGreaterThan(15);
  expect(measureText("conv", { weight: 600, size: 10 })).toBeGreaterThan(measureText("conv", font));
  expect(measureText("convconv", font)).toBeCloseTo(2 * measureText("conv", font));
  expect(measureText("e\u0301", font)).toBeCloseTo(measureText("e", font));
});

it("measures a letter that cannot be seen as what is written for it", () => {
  expect(measureText("a\u202eb", font)).toBeCloseTo(measureText("a\\u202eb", font));
});
