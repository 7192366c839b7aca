'use strict';
/* Where on the canvas a place of the map is, and how large marks are there. No drawing. */
(() => {
  const Earmark = (window.Earmark = window.Earmark || {});
  // CSS px around the points, so that none touches the edge.
  const MARGIN = 24;
  const [LEAST, MOST] = [0.5, 400];
  // A few clips that are asked for are shown among their neighbours, not filling the page.
  const CLOSEST_FIT = 12;
  const GLIDE_MS = 220;

  /** The part of the map that is shown: y points up in the data and down on the canvas. */
  Earmark.View = class View {
    /** Size of the canvas in CSS px; place (x, y) of the data is in its middle, `scale` CSS px to the unit. */
    width = 0;
    height = 0;
    x = 0;
    y = 0;
    scale = 1;
    /** The scale at which all points are seen. */
    home = 1;
    #glide = null;

    /** Scale and place at which a box {left, bottom, right, top} fills the canvas. */
    around(box) {
      const room = (size) => Math.max(size - 2 * MARGIN, size / 2, 1);
      const across = room(this.width) / Math.max(box.right - box.left, 1e-6);
      const up = room(this.height) / Math.max(box.top - box.bottom, 1e-6);
      return { x: (box.left + box.right) / 2, y: (box.bottom + box.top) / 2, scale: Math.min(across, up) };
    }

    /** Set what all points fill; does not move. */
    setHome(box) {
      // All points in one place have no scale of their own.
      this.home = Math.min(this.around(box).scale, Math.max(this.width, this.height, 1) * 50);
    }

    /** The place that `fit` of a box goes to: {x, y, scale}. */
    fitted(box) {
      const place = this.around(box);
      return { ...place, scale: Math.min(place.scale, this.home * CLOSEST_FIT) };
    }

    /** Be at a place {x, y, scale} at once. */
    go({ x, y, scale }) {
      this.#glide = null;
      [this.x, this.y, this.scale] = [x, y, scale];
    }

    /** Be on the way to a place: `step` goes on. */
    glide(to) {
      this.#glide = { from: { x: this.x, y: this.y, scale: this.scale }, to, start: null };
    }

    /** Go on gliding. @param {number} now ms @returns {boolean} whether there is some way left */
    step(now) {
      if (!this.#glide) return false;
      const { from, to } = this.#glide;
      this.#glide.start ??= now;
      const time = Math.min((now - this.#glide.start) / GLIDE_MS, 1);
      const share = time * (2 - time);
      // Scale grows evenly by its ratio; x and y follow it, so that what should stay where it is does.
      const scale = from.scale * (to.scale / from.scale) ** share;
      const zooms = Math.abs(to.scale / from.scale - 1) > 1e-6;
      const way = zooms ? (1 / scale - 1 / from.scale) / (1 / to.scale - 1 / from.scale) : share;
      [this.x, this.y, this.scale] = [from.x + (to.x - from.x) * way, from.y + (to.y - from.y) * way, scale];
      if (time === 1) this.go(to);
      return time < 1;
    }

    /** Move what is shown by CSS px. */
    pan(dx, dy) {
      this.go({ x: this.x - dx / this.scale, y: this.y + dy / this.scale, scale: this.scale });
    }

    /**
     * The place where everything is `factor` times as large and what is at CSS px (px, py) stays there. While gliding,
     * from where that ends: keys that are pressed again add up.
     */
    zoomed(factor, px, py) {
      const base = this.#glide?.to ?? this;
      const scale = Math.min(Math.max(base.scale * factor, this.home * LEAST), this.home * MOST);
      const [right, up] = [px - this.width / 2, this.height / 2 - py];
      const closer = 1 / base.scale - 1 / scale;
      return { scale, x: base.x + right * closer, y: base.y + up * closer };
    }

    /** CSS px from the canvas' upper left corner, to the units of the data. */
    toData(px, py) {
      return [this.x + (px - this.width / 2) / this.scale, this.y - (py - this.height / 2) / this.scale];
    }

    /** The units of the data, to CSS px from the canvas' upper left corner. */
    toCanvas(x, y) {
      return [this.width / 2 + (x - this.x) * this.scale, this.height / 2 - (y - this.y) * this.scale];
    }

    /** Radius of a mark in CSS px: smaller the more points there are, larger the nearer one looks. */
    radius(points) {
      const room = Math.sqrt((this.width * this.height) / Math.max(points, 1));
      const atHome = Math.min(Math.max(0.3 * room, 2), 5);
      return Math.min(Math.max(atHome * Math.sqrt(this.scale / this.home), 1.5), Math.max(atHome, 8));
    }
  };
})();
