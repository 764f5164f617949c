/** The colour maps: perceptually uniform, and told apart by people with any colour vision. */

export type Theme = "light" | "dark";
export type MapKind = "sequential" | "diverging";

const MAPS: Record<MapKind, Record<Theme, readonly string[]>> = {
  sequential: {
    light: ["#faf2c0", "#cee09c", "#98cf88", "#5abc83", "#01a585", "#048881", "#056c75", "#045365", "#083a52"],
    dark: ["#002e4d", "#01465b", "#035f6a", "#067977", "#00967c", "#3faf79", "#83c37d", "#b8d48e", "#e4e6ae"],
  },
  diverging: {
    light: ["#005b9f", "#4681bc", "#7ea7d2", "#b6cde7", "#f6f2f1", "#e4c2b3", "#cd947b", "#b26743", "#923a02"],
    dark: ["#81c5fe", "#5d9dd2", "#4c769a", "#3b5164", "#302d2b", "#614938", "#936647", "#c78557", "#fea667"],
  },
};

/** The steps of a map, from its low end to its high one. */
export function stepsOf(theme: Theme, map: MapKind = "sequential"): readonly string[] {
  return MAPS[map][theme];
}

/** The colour at 0 to 1 on a map, as `#rrggbb`. */
export function colourAt(share: number, theme: Theme, map: MapKind = "sequential"): string {
  const steps = stepsOf(theme, map);
  const at = Math.min(1, Math.max(0, share)) * (steps.length - 1);
  const index = Math.min(steps.length - 2, Math.floor(at));
  const [a, b] = [parse(steps[index]!), parse(steps[index + 1]!)];
  const channel = (i: number) =>
    Math.round(a[i]! + (b[i]! - a[i]!) * (at - index))
      .toString(16)
      .padStart(2, "0");
  return `#${channel(0)}${channel(1)}${channel(2)}`;
}

function parse(hex: string): number[] {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}
