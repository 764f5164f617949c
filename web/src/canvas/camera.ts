/** What part of the world the canvas shows. */

export class Camera {
  scale = 1;
  x = 0;
  y = 0;

  toScreen(x: number, y: number): [number, number] {
    return [(x - this.x) * this.scale, (y - this.y) * this.scale];
  }

  toWorld(x: number, y: number): [number, number] {
    return [x / this.scale + this.x, y / this.scale + this.y];
  }

  pan(dx: number, dy: number): void {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
  }

  /** Zoom by a factor about a point of the screen, which stays where it is. */
  zoom(factor: number, atX: number, atY: number): void {
    const [wx, wy] = this.toWorld(atX, atY);
    this.scale = Math.min(4, Math.max(0.02, this.scale * factor));
    this.x = wx - atX / this.scale;
    this.y = wy - atY / this.scale;
  }

  /** Show the width of the world from its top, at a scale at which text can be read. */
  fit(world: { width: number; height: number }, view: { width: number; height: number }): void {
    const whole = Math.min((view.width - 48) / world.width, (view.height - 40) / world.height);
    const across = (view.width - 48) / world.width;
    this.scale = Math.min(1, Math.max(whole, Math.min(across, 0.62)));
    this.x = world.width / 2 - view.width / 2 / this.scale;
    const tall = world.height * this.scale > view.height - 40;
    this.y = tall ? -20 / this.scale : world.height / 2 - view.height / 2 / this.scale;
  }
}
