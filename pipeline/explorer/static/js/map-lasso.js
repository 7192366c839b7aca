'use strict';
/* The line that is drawn around points, in an SVG over the map's canvas. */
(() => {
  const Earmark = (window.Earmark = window.Earmark || {});
  // CSS px between two corners: finer would only make the search slower.
  const STEP = 3;

  Earmark.Lasso = class Lasso {
    #canvas;
    #svg;
    #path;
    #points = [];

    /** @param {HTMLCanvasElement} canvas in a positioned parent */
    constructor(canvas) {
      this.#canvas = canvas;
      this.#svg = Earmark.svg('svg', { class: 'map-lasso', 'aria-hidden': 'true' });
      this.#path = Earmark.svg('path', {
        'fill-opacity': 0.12, 'fill-rule': 'evenodd', 'stroke-width': 1.5, 'stroke-dasharray': '5 3',
      });
      this.#svg.append(this.#path);
      Object.assign(this.#svg.style, { position: 'absolute', pointerEvents: 'none', display: 'none' });
      canvas.after(this.#svg);
    }

    /** @param {string} colour any CSS colour */
    setColour(colour) {
      this.#path.setAttribute('stroke', colour);
      this.#path.setAttribute('fill', colour);
    }

    /** Begin at CSS px (x, y) from the canvas' upper left corner. */
    start(x, y) {
      this.#points = [[x, y]];
      const canvas = this.#canvas;
      const [left, top] = [canvas.offsetLeft + canvas.clientLeft, canvas.offsetTop + canvas.clientTop];
      const box = { left, top, width: canvas.clientWidth, height: canvas.clientHeight };
      for (const [name, px] of Object.entries(box)) this.#svg.style[name] = `${px}px`;
      this.#svg.style.display = 'block';
      this.#path.setAttribute('d', '');
    }

    add(x, y) {
      const [lastX, lastY] = this.#points[this.#points.length - 1];
      if (Math.hypot(x - lastX, y - lastY) < STEP) return;
      this.#points.push([x, y]);
      this.#path.setAttribute('d', `M${this.#points.map((point) => point.map((part) => part.toFixed(1))).join('L')}Z`);
    }

    /** Take the line away. @returns {number[][]} its corners [x, y], fewer than three where nothing was enclosed */
    end() {
      this.#svg.style.display = 'none';
      return this.#points.splice(0);
    }
  };
})();
