'use strict';
/* The points of the map: where they are, which are shown, and what the renderers are told about them. */
(() => {
  const Earmark = (window.Earmark = window.Earmark || {});
  /** Of a mark's fourth byte: the shape in the lower four bits, and these. map-shaders.js reads the same. */
  const { SELECTED, BEHIND } = (Earmark.markBits = { SELECTED: 16, BEHIND: 32 });
  const GREY = [1, 3, 5].map((at) => parseInt(Earmark.palette.GREY.slice(at, at + 2), 16));

  /** Red, green and blue in 0–1 of any CSS colour. */
  Earmark.rgb = (colour) => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.fillStyle = colour.trim();
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data.subarray(0, 3)].map((part) => part / 255);
  };

  Earmark.Points = class Points {
    /** Colour (3n) and shape (n) of each. */
    colour;
    shape;
    /** Uint8Array (n), 0: hidden; null: none is. */
    visible = null;
    selected = new Set();

    /** @param {Float32Array} x @param {Float32Array} y NaN: has no place */
    constructor(x, y) {
      this.n = x.length;
      this.grid = new Earmark.Grid(x, y);
      this.colour = new Uint8Array(3 * this.n).fill(128);
      this.shape = new Uint8Array(this.n);
    }

    /** The same points at other places. */
    moved(x, y) {
      const { colour, shape, visible, selected } = this;
      return Object.assign(new Points(x, y), { colour, shape, visible, selected });
    }

    placed(row) {
      return Number.isFinite(this.grid.x[row]) && Number.isFinite(this.grid.y[row]);
    }

    shown(row) {
      return this.placed(row) && (!this.visible || this.visible[row] !== 0);
    }

    #bits(row) {
      if (this.selected.has(row)) return SELECTED;
      return GREY.every((part, i) => this.colour[3 * row + i] === part) ? BEHIND : 0;
    }

    /** @returns {{fill: number[], bits: number}} rgb in 0–1, and as the fourth byte of `marks` */
    mark(row) {
      const fill = [...this.colour.subarray(3 * row, 3 * row + 3)].map((part) => part / 255);
      return { fill, bits: this.shape[row] | this.#bits(row) };
    }

    /** Colour and bits of every row. @returns {Uint8Array} (4n) */
    marks() {
      const marks = new Uint8Array(4 * this.n);
      for (let row = 0; row < this.n; row++) {
        for (let part = 0; part < 3; part++) marks[4 * row + part] = this.colour[3 * row + part];
        marks[4 * row + 3] = this.shape[row] | this.#bits(row);
      }
      return marks;
    }

    /** The shown rows: those without a colour first, the selected ones last and so on top. @returns {Uint32Array} */
    order() {
      const layers = { [BEHIND]: [], 0: [], [SELECTED]: [] };
      for (const row of this.grid.rows) if (this.shown(row)) layers[this.#bits(row)].push(row);
      return Uint32Array.from([...layers[BEHIND], ...layers[0], ...layers[SELECTED]]);
    }
  };
})();
