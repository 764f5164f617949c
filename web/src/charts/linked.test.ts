import { afterEach, beforeEach, expect, it, vi } from "vitest";

/** What a page has of what is used here: there is no browser in these tests. */
function element(isConnected: boolean): HTMLElement {
  return { isConnected, dataset: {} } as unknown as HTMLElement;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("MutationObserver", class { observe(): void {} });
  vi.stubGlobal("document", { documentElement: {} });
  vi.stubGlobal("matchMedia", () => ({ addEventListener: () => undefined, matches: false }));
  vi.stubGlobal("addEventListener", () => undefined);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("lets go of a chart that was taken away before its first frame, and keeps one that came", async () => {
  const { follow, followerCount, hoverInCharts } = await import("./linked");
  const left: string[] = [];
  const follower = (name: string) => ({ show: () => undefined, recolour: () => undefined, print: () => undefined, leave: () => void left.push(name) });
  const never = element(false);
  const shown = element(true) as { isConnected: boolean };
  follow(never, follower("never"));
  follow(shown as HTMLElement, follower("shown"));
  hoverInCharts("conv1");
  expect(left).toEqual([]); // it may still come
  vi.advanceTimersByTime(5000);
  expect(left).toEqual(["never"]);
  expect(followerCount()).toBe(1);
  shown.isConnected = false;
  hoverInCharts(null);
  expect(left).toEqual(["never", "shown"]);
  expect(followerCount()).toBe(0);
});
