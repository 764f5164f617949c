/** What stands beside every chart: its files, and the table behind it. */

import type { Panel } from "../generated/document";
import { h } from "../app/dom";
import { visible } from "../model/names";
import { csvOf } from "./csv";
import { downloadDoubt, fileName, saveText } from "./download";
import { drawingOf } from "./drawing";
import { numbersOf } from "./numbers";
import { type Zoom, WHOLE } from "./picture";
import { svgFile } from "./svg";
import { numbersTable } from "./table";
import { sentence, unitOf } from "./words";

/** Pixels that a file is wide, whatever the screen. */
const FILE_WIDTH = 760;

export interface FileTools {
  buttons: HTMLElement[];
  /** Says what may have stopped a file, once one was asked for. */
  doubt: HTMLElement;
}

/** Buttons that save a panel as SVG and as CSV; `name` begins the files' names. */
export function fileTools(name: string, shown: Panel | (() => Panel), zoom: () => Zoom = () => WHOLE, gaps: readonly string[] = []): FileTools {
  const panel = typeof shown === "function" ? shown : () => shown;
  const doubt = h("div", { class: "chart-note", role: "status", hidden: true });
  const button = (kind: string, type: string, text: () => string | null): HTMLElement => {
    const save = (): void => {
      const content = text();
      if (content === null) return;
      saveText(fileName([name, panel().title], kind.toLowerCase()), `${type};charset=utf-8`, content);
      doubt.textContent = downloadDoubt() ?? "";
      doubt.hidden = doubt.textContent === "";
    };
    const label = `Save ${visible(panel().title)} as ${kind}`;
    return h("button", { type: "button", class: "tool", "aria-label": label, title: label, click: save }, kind);
  };
  return {
    buttons: [button("SVG", "image/svg+xml", () => svgOf(panel(), zoom(), gaps)), button("CSV", "text/csv", () => csvOf(numbersOf(panel())))],
    doubt,
  };
}

function svgOf(panel: Panel, zoom: Zoom, gaps: readonly string[]): string | null {
  const picture = drawingOf(panel)?.(FILE_WIDTH, zoom, "light");
  if (!picture) return null;
  const notes = [panel.note, ...gaps.map((gap) => `Not measured: ${gap}`)].filter(Boolean);
  return svgFile(picture, { title: panel.title, subtitle: unitOf(panel), description: sentence(panel), notes });
}

/** The numbers behind a chart, built when first opened. */
export function tableBehind(title: string, panels: readonly Panel[], choose: (node: string) => void): HTMLElement {
  const details = h("details", { class: "more" }, h("summary", {}, "Show as table"));
  details.addEventListener(
    "toggle",
    () => {
      for (const panel of panels) {
        if (panels.length > 1) details.append(h("h4", "table-title", visible(panel.title)));
        details.append(numbersTable(numbersOf(panel), `${panel.title}: the numbers`, choose));
      }
    },
    { once: true },
  );
  details.setAttribute("aria-label", `Numbers of ${visible(title)}`);
  return details;
}
