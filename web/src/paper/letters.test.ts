import { expect, it } from "vitest";
import { cleaned, measureText } from "./letters";

const font = { weight: 400, size: 10 } as const;

it("measures without a browser, and heavier letters are wider", () => {
  expect(measureText("conv", font)).toBeGreaterThan(15);
  expect(measureText("conv", { weight: 600, size: 10 })).toBeGreaterThan(measureText("conv", font));
  expect(measureText("convconv", font)).toBeCloseTo(2 * measureText("conv", font));
  expect(measureText("e\u0301", font)).toBeCloseTo(measureText("e", font));
});

it("leaves one line, without letters that a file must not hold or that turn others round", () => {
  expect(cleaned("a\nb\tc")).toBe("a b c");
  expect(cleaned("a\u0000\u001b\u202e\ud800b")).toBe("a����b");
  expect(cleaned("שלום 🙂 <b>")).toBe("שלום 🙂 <b>");
});
