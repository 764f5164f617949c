import { h, s } from "./dom";

/** A button that shows a report in a notebook over the whole screen; false where it has the page to itself. */
export function fullScreenButton(): HTMLElement | false {
  if (window.self === window.top || !document.fullscreenEnabled) return false;
  const toggle = async (): Promise<void> => {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await document.documentElement.requestFullscreen();
  };
  const corners = s("path", { d: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3", fill: "none", stroke: "currentColor", "stroke-width": 1.6 });
  const picture = s("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, corners);
  return h("button", { type: "button", class: "icon-button", "aria-label": "Full screen", click: () => void toggle() }, picture);
}
