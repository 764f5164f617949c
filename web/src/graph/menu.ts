import { isolated } from "../model/names";

/** One thing that can be done with a node. */
export interface MenuItem {
  text: string;
  /** The key that does the same. */
  key: string;
  act: () => void;
}

const MARGIN = 8;

/** A menu at the pointer. Arrow keys walk through it, Escape and a press elsewhere close it. */
export class Menu {
  private readonly box = document.createElement("div");

  constructor(
    private readonly host: HTMLElement,
    private readonly home: HTMLElement,
  ) {
    this.box.className = "graph-menu";
    this.box.setAttribute("role", "menu");
    this.box.hidden = true;
    this.box.addEventListener("keydown", (event) => this.press(event));
    this.box.addEventListener("focusout", (event) => {
      if (!this.box.contains(event.relatedTarget as Node | null)) this.close();
    });
    host.append(this.box);
  }

  open(title: string, items: readonly MenuItem[], x: number, y: number): void {
    const name = document.createElement("div");
    name.className = "graph-menu-title";
    name.textContent = isolated(title);
    this.box.setAttribute("aria-label", title);
    this.box.replaceChildren(name, ...items.map((item) => this.row(item)));
    this.box.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = this.box;
    this.box.style.left = `${Math.max(MARGIN, Math.min(x, this.host.clientWidth - width - MARGIN))}px`;
    this.box.style.top = `${Math.max(MARGIN, Math.min(y, this.host.clientHeight - height - MARGIN))}px`;
    this.rows()[0]?.focus();
  }

  close(): void {
    this.box.hidden = true;
  }

  destroy(): void {
    this.box.remove();
  }

  private rows(): HTMLButtonElement[] {
    return [...this.box.querySelectorAll("button")];
  }

  private row({ text, key, act }: MenuItem): HTMLButtonElement {
    const row = document.createElement("button");
    row.type = "button";
    row.setAttribute("role", "menuitem");
    const sign = document.createElement("kbd");
    sign.textContent = key;
    row.append(text, sign);
    row.addEventListener("click", () => {
      this.home.focus();
      this.close();
      act();
    });
    return row;
  }

  private press(event: KeyboardEvent): void {
    const rows = this.rows();
    const at = rows.indexOf(document.activeElement as HTMLButtonElement);
    if (event.key === "ArrowDown") rows[(at + 1) % rows.length]?.focus();
    else if (event.key === "ArrowUp") rows[(at + rows.length - 1) % rows.length]?.focus();
    else if (event.key === "Escape") this.home.focus();
    else return;
    event.preventDefault();
  }
}
