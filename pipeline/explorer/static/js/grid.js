'use strict';
/* Which clips are near a point or within a polygon: a grid over the map in the coordinates of the data. */
(() => {
  const Earmark = (window.Earmark = window.Earmark || {});
  const PER_CELL = 2;

  /**
   * Whether a point is inside a polygon, by the even-odd rule.
   * @param {number} x
   * @param {number} y
   * @param {Float64Array} polygon x0, y0, x1, y1, …
   * @returns {boolean}
   */
  Earmark.inPolygon = (x, y, polygon) => {
    let inside = false;
    for (let i = 0, j = polygon.length - 2; i < polygon.length; j = i, i += 2) {
      const [ax, ay, bx, by] = [polygon[i], polygon[i + 1], polygon[j], polygon[j + 1]];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
    }
    return inside;
  };

  /** Points in cells of about two each. Rows whose x or y is not finite are in none. */
  Earmark.Grid = class Grid {
    /**
     * @param {Float32Array} x
     * @param {Float32Array} y
     */
    constructor(x, y) {
      this.x = x;
      this.y = y;
      this.rows = Uint32Array.from(x.keys()).filter((row) => Number.isFinite(x[row]) && Number.isFinite(y[row]));
      this.box = Grid.box(x, y, this.rows);
      const { left, bottom, right, top } = this.box;
      const [width, height] = [right - left || 1, top - bottom || 1];
      this.cell = Math.sqrt((width * height * PER_CELL) / Math.max(this.rows.length, 1));
      // A line of points would make cells that are smaller than the floats can tell apart.
      this.cell = Math.max(this.cell, Math.max(width, height) / 1024);
      this.columns = Math.floor(width / this.cell) + 1;
      this.lines = Math.floor(height / this.cell) + 1;
      this.#fill();
    }

    /** The smallest box around `rows`: {left, bottom, right, top}; that around 0 where there are none. */
    static box(x, y, rows) {
      const box = { left: Infinity, bottom: Infinity, right: -Infinity, top: -Infinity };
      for (const row of rows) {
        if (!Number.isFinite(x[row]) || !Number.isFinite(y[row])) continue;
        box.left = Math.min(box.left, x[row]);
        box.right = Math.max(box.right, x[row]);
        box.bottom = Math.min(box.bottom, y[row]);
        box.top = Math.max(box.top, y[row]);
      }
      return box.left <= box.right ? box : { left: 0, bottom: 0, right: 0, top: 0 };
    }

    #column(x) {
      return Math.min(Math.max(Math.floor((x - this.box.left) / this.cell), 0), this.columns - 1);
    }

    #line(y) {
      return Math.min(Math.max(Math.floor((y - this.box.bottom) / this.cell), 0), this.lines - 1);
    }

    /** Counting sort: the rows of cell c are members[starts[c]] to members[starts[c + 1] - 1]. */
    #fill() {
      const cells = this.rows.map((row) => this.#line(this.y[row]) * this.columns + this.#column(this.x[row]));
      this.starts = new Uint32Array(this.columns * this.lines + 1);
      for (const cell of cells) this.starts[cell + 1] += 1;
      for (let cell = 0; cell < this.starts.length - 1; cell++) this.starts[cell + 1] += this.starts[cell];
      this.members = new Uint32Array(this.rows.length);
      const next = this.starts.slice();
      cells.forEach((cell, i) => (this.members[next[cell]++] = this.rows[i]));
    }

    /** Call `visit` with every row of the cells that a box touches. */
    #each(box, visit) {
      const [first, last] = [this.#column(box.left), this.#column(box.right)];
      for (let line = this.#line(box.bottom); line <= this.#line(box.top); line++) {
        // The cells of a line lie side by side in `members`.
        const end = this.starts[line * this.columns + last + 1];
        for (let i = this.starts[line * this.columns + first]; i < end; i++) visit(this.members[i]);
      }
    }

    /**
     * The nearest row that `accept`s within `radius`, of equally near ones the lowest; -1 where there is none.
     * @param {number} x in the units of the data, as all here
     * @param {number} y
     * @param {number} radius
     * @param {(row: number) => boolean} accept
     * @returns {number}
     */
    nearest(x, y, radius, accept) {
      let [best, least] = [-1, radius * radius];
      this.#each({ left: x - radius, right: x + radius, bottom: y - radius, top: y + radius }, (row) => {
        const [dx, dy] = [this.x[row] - x, this.y[row] - y];
        const squared = dx * dx + dy * dy;
        if (squared > least || !accept(row)) return;
        if (best < 0 || squared < least || row < best) [best, least] = [row, squared];
      });
      return best;
    }

    /**
     * The rows within a polygon that `accept`, in rising order.
     * @param {Float64Array} polygon x0, y0, x1, y1, …
     * @param {(row: number) => boolean} accept
     * @returns {number[]}
     */
    within(polygon, accept) {
      const found = [];
      const every = (odd) => polygon.filter((_, i) => i % 2 === odd);
      const box = Grid.box(every(0), every(1), every(0).keys());
      this.#each(box, (row) => {
        if (accept(row) && Earmark.inPolygon(this.x[row], this.y[row], polygon)) found.push(row);
      });
      return found.sort((a, b) => a - b);
    }
  };
})();
