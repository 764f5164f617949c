import { describe, expect, it } from "vitest";
import { WHOLE } from "./picture";
import { escaped, svgFile } from "./svg";
import { axis, heatmap, panel, scatter, series } from "./testing/panels";
import { drawingOf } from "./drawing";

const HOSTILE = '</text><script>alert(1)</script>"\'&\u0000\u202e';
const CAPTION = { title: HOSTILE, subtitle: HOSTILE, description: HOSTILE, notes: [HOSTILE] };

const PANELS = {
  lines: panel([series([0, 1, 2], [1, "NaN", 3], { label: HOSTILE })], { x: axis({ label: HOSTILE }) }),
  scatter: panel([scatter([1, null], [1, 2], { names: [HOSTILE, HOSTILE], labelled: [0], missing: [HOSTILE, HOSTILE] }), scatter([1], [3], { label: HOSTILE })]),
  matrix: panel([heatmap([[1, null], ["NaN", 0]])], { x: axis({ scale: "category", categories: [HOSTILE, "b"] }), y: axis({ scale: "category", categories: ["c", HOSTILE] }) }),
};

function fileOf(name: keyof typeof PANELS): string {
  return svgFile(drawingOf(PANELS[name])!(700, WHOLE, "light"), CAPTION);
}

describe("svgFile", () => {
  it.each(Object.keys(PANELS) as (keyof typeof PANELS)[])("writes names of strangers as text: %s", (name) => {
    const file = fileOf(name);
    expect(file).toContain("&lt;/text&gt;&lt;script&gt;");
    expect(file.match(/<\/?[a-z]+/g)!.filter((tag) => !/^<\/?(svg|g|rect|path|text|title|desc)$/.test(tag))).toEqual([]);
    expect([...file].some((letter) => letter !== "\n" && (letter < " " || letter === "\u202e"))).toBe(false);
  });

  it.each(Object.keys(PANELS) as (keyof typeof PANELS)[])("needs nothing from outside: %s", (name) => {
    const file = fileOf(name);
    expect(file).not.toMatch(/var\(|class=|style=|url\(|href/);
    expect(file).not.toMatch(/NaN[" ]|="undefined|="[^"]*Infinity/);
    expect(file).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="\d/);
  });

  it("keeps text as text, with title and description", () => {
    const file = svgFile(drawingOf(PANELS.lines)!(700, WHOLE, "light"), { title: "loss", subtitle: "nats", description: "Loss over steps.", notes: ["A note."] });
    for (const text of ["<title>loss</title>", "<desc>Loss over steps.</desc>", ">nats</text>", ">A note.</text>"]) expect(file).toContain(text);
  });
});

describe("escaped", () => {
  it("leaves out what XML cannot hold", () => {
    expect(escaped("a\u0000b\u0008c\ud800d\uffff")).toBe("abcd");
    expect(escaped("😀 <&>\"'")).toBe("😀 &lt;&amp;&gt;&quot;&#39;");
  });
});
