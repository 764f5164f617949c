import { expect, it } from "vitest";
import type { LayoutNode } from "../layout/layout";
import { Camera } from "./camera";
import { headerSpan, type Frame } from "./frame";

const group: LayoutNode = {
  id: "g", x: 0, y: 0, width: 2000, height: 100, depth: 1, box: null,
  header: { title: "g", detail: "", height: 26, beyond: 0, left: 80, right: 120 },
};

function spanAt(x: number): { left: number; right: number } {
  const camera = new Camera();
  camera.x = x;
  return headerSpan({ camera, view: { width: 800, height: 600 } } as Frame, group);
}

it("keeps the words of a wide group in view", () => {
  expect(spanAt(-100)).toEqual({ left: 0, right: 700 });
  expect(spanAt(500)).toEqual({ left: 500, right: 1300 });
  expect(spanAt(1500)).toEqual({ left: 1500, right: 2000 });
});

it("keeps the words inside their group", () => {
  expect(spanAt(1990)).toEqual({ left: 1800, right: 2000 });
  expect(spanAt(-790)).toEqual({ left: 0, right: 200 });
});
