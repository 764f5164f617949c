import { describe, expect, it } from "vitest";
import { isolated, stretches, visible } from "./names";

describe("names of strangers", () => {
  it("writes out what cannot be seen, breaks lines or turns the writing", () => {
    expect(visible("a\u202eb\n\t\u2028")).toBe("a\\u202eb\\n\\t\\u2028");
    expect(visible("\u0000\u001b\ud800\u{e0001}")).toBe("\\x00\\x1b\\ud800\\U000e0001");
    expect(visible("co\u200dnv")).toBe("co\\u200dnv");
    expect(visible("layer1.0 層 é ∂ <b>")).toBe("layer1.0 層 é ∂ <b>");
  });

  it("leaves emoji and writings whole that need their joiners", () => {
    expect(visible("👩‍💻.👩🏽‍⚕️")).toBe("👩‍💻.👩🏽‍⚕️");
    expect(visible("می‌خواهم")).toBe("می‌خواهم");
    expect(visible("👩‍")).toBe("👩\\u200d");
  });

  it("isolates words from right to left, so that a path keeps its order", () => {
    expect(isolated("conv.שלום.1")).toBe("conv.\u2068שלום\u2069.1");
    expect(isolated("layer1.0")).toBe("layer1.0");
    expect(isolated("a\u2067b")).toBe("a\\u2067b");
    expect(stretches("conv.שלום.مرحبا")).toEqual([
      { text: "conv.", isTurned: false },
      { text: "שלום", isTurned: true },
      { text: ".", isTurned: false },
      { text: "مرحبا", isTurned: true },
    ]);
    expect(stretches("")).toEqual([{ text: "", isTurned: false }]);
  });
});
