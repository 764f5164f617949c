import { describe, expect, it } from "vitest";
import { Camera } from "./camera";

const VIEW = { width: 800, height: 600 };

describe("Camera", () => {
  it("keeps the place under the pointer when it zooms", () => {
    const camera = new Camera();
    camera.pan(120, -40);
    const before = camera.toWorld(333, 222);
    camera.zoom(1.7, 333, 222);
    const after = camera.toWorld(333, 222);
    expect(after[0]).toBeCloseTo(before[0]);
    expect(after[1]).toBeCloseTo(before[1]);
    expect(camera.scale).toBeCloseTo(1.7);
  });

  it("turns world into screen and back", () => {
    const camera = new Camera();
    camera.zoom(0.5, 10, 20);
    const [x, y] = camera.toWorld(...camera.toScreen(70, 80));
    expect([x, y]).toEqual([70, 80]);
  });

  it("shows a small graph whole and in the middle, no larger than life", () => {
    const camera = new Camera();
    camera.fit({ width: 200, height: 300 }, VIEW, 30);
    expect(camera.scale).toBe(1);
    expect(camera.toScreen(100, 0)[0]).toBeCloseTo(400);
  });

  it("shows a tall graph from its top at life size", () => {
    const camera = new Camera();
    camera.fit({ width: 300, height: 30_000 }, VIEW, 150);
    expect(camera.scale).toBe(1);
    expect(camera.toScreen(0, 0)[1]).toBeCloseTo(12);
  });

  it("leaves what stands in the lower corners uncovered, beside it or above it", () => {
    const corners = { left: { width: 260, height: 120 }, right: { width: 140, height: 240 } };
    const camera = new Camera();
    camera.fit({ width: 300, height: 900 }, VIEW, 150, corners);
    expect(camera.toScreen(0, 0)[0]).toBeGreaterThanOrEqual(260);
    expect(camera.toScreen(300, 0)[0]).toBeLessThanOrEqual(VIEW.width - 140);
    camera.fit({ width: 700, height: 320 }, VIEW, 350, corners);
    expect(camera.scale).toBe(1);
    expect(camera.toScreen(0, 320)[1]).toBeLessThanOrEqual(VIEW.height - 240);
    camera.fit({ width: 200, height: 300 }, VIEW, 100, corners);
    expect(camera.toScreen(100, 0)[0]).toBeCloseTo(400);
  });

  it("never starts so small that text cannot be read", () => {
    const camera = new Camera();
    camera.fit({ width: 90_000, height: 400 }, VIEW, 70_000);
    expect(camera.scale).toBeGreaterThanOrEqual(0.6);
    expect(camera.toScreen(70_000, 0)[0]).toBeCloseTo(400);
  });
});
