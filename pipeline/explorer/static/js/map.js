'use strict';
/* The scatter map: what is shown and where. It draws when something changed, and never otherwise. */
(() => {
  const Earmark = (window.Earmark = window.Earmark || {});
  // Beyond two pixels to the CSS px nothing is gained but work.
  const MOST_PIXELS = 2;

  /**
   * Points on a canvas, to pan, zoom, hover over, pick and lasso. Its CSS gives the canvas its size; its parent is
   * positioned (the lasso lies over it). Rows are places in the arrays that `setPoints` got.
   */
  Earmark.ScatterMap = class ScatterMap {
    /** Dragging draws a lasso instead of panning. With Shift it always does. */
    lasso = false;
    /** @type {(row: number, event: Event) => void} every move of the mouse; -1: over none */
    onhover = () => {};
    /** @type {(row: number, event: PointerEvent) => void} */
    onpick = () => {};
    /** @type {(rows: number[], event: PointerEvent) => void} shown rows only, rising; maybe none */
    onlasso = () => {};
    /** Frames drawn so far. */
    frames = 0;

    #canvas;
    #picture;
    /** MapGl; Map2d where there is none, and while its context is lost. */
    #painter;
    #lassoLine;
    #view = new Earmark.View();
    #points = new Earmark.Points(new Float32Array(0), new Float32Array(0));
    #current = -1;
    #theme;
    #stale = true;
    /** Counts what the painter was told: a picture of something earlier is out of date. */
    #version = 0;
    #ratio = 1;
    /** Nobody has moved since all was fitted: a new size fits again. */
    #fitted = true;
    #asked = 0;

    /** @param {HTMLCanvasElement} canvas */
    constructor(canvas) {
      this.#canvas = canvas;
      this.#picture = new Earmark.MapPicture(canvas);
      const flat = new Earmark.Map2d();
      const gl = Earmark.MapGl.make(() => this.#paintBy(flat), () => this.#paintBy(gl));
      this.#painter = gl ?? flat;
      this.#lassoLine = new Earmark.Lasso(canvas);
      new Earmark.MapGestures(this, canvas, this.#lassoLine);
      this.setTheme({ background: '#ffffff', ring: '#000000' });
      new ResizeObserver(() => this.resize()).observe(canvas);
      // Zooming the page changes the pixels of a canvas but not always its size.
      window.addEventListener('resize', () => this.resize());
      this.resize();
    }

    /** How points are painted. @returns {'webgl'|'2d'} */
    get kind() {
      return this.#painter.kind;
    }

    /**
     * Where every clip is. Forgets a style and a mask for another number of points, and shows all.
     * @param {Float32Array} x @param {Float32Array} y in any unit; NaN: not shown
     */
    setPoints(x, y) {
      const { n } = this.#points;
      this.#points = x.length === n ? this.#points.moved(x, y) : new Earmark.Points(x, y);
      if (x.length !== n) this.#current = -1;
      this.#painter.setPoints(x, y);
      this.#view.setHome(this.#points.grid.box);
      this.#fitAll();
      this.#change();
    }

    /**
     * @param {Uint8Array} colour (3n); what has the palette's GREY is drawn smaller and behind the others
     * @param {Uint8Array} shape (n), see marks.js
     */
    setStyle(colour, shape) {
      Object.assign(this.#points, { colour, shape });
      this.#change();
    }

    /** @param {Uint8Array|null} mask (n), 0: hidden; null: all are shown */
    setVisible(mask) {
      this.#points.visible = mask;
      this.#change();
    }

    /** @param {Iterable<number>} rows get a ring */
    setSelected(rows) {
      this.#points.selected = new Set(rows);
      this.#change();
    }

    /** @param {number} row is drawn larger and on top, also where it is hidden; -1: none */
    setCurrent(row) {
      this.#current = row;
      this.draw();
    }

    /** @param {{background: string, ring: string}} theme CSS colours: of the page, and one that stands out from it */
    setTheme({ background, ring }) {
      this.#theme = { background: Earmark.rgb(background), ring: Earmark.rgb(ring) };
      this.#lassoLine.setColour(ring);
      this.draw();
    }

    /** Glide to `rows`, or to all points. @param {Iterable<number>} [rows] */
    fit(rows) {
      const { x, y, box } = this.#points.grid;
      const some = rows && [...rows].filter((row) => this.#points.placed(row));
      if (some && some.length === 0) return;
      this.#glideTo(this.#view.fitted(some ? Earmark.Grid.box(x, y, some) : box));
      this.#fitted = !some;
    }

    /** Glide until a row is in the middle, as near as one is. */
    show(row) {
      const { x, y } = this.#points.grid;
      if (this.#points.placed(row)) this.#glideTo({ x: x[row], y: y[row], scale: this.#view.scale });
    }

    /** Glide so that everything is `factor` times as large, about the middle. */
    zoom(factor) {
      this.glideAt(factor, this.#view.width / 2, this.#view.height / 2);
    }

    /** As `zoom`, about CSS px (x, y) from the canvas' upper left corner. */
    glideAt(factor, x, y) {
      this.#glideTo(this.#view.zoomed(factor, x, y));
    }

    /** As `glideAt`, at once. */
    zoomAt(factor, x, y) {
      this.#view.go(this.#view.zoomed(factor, x, y));
      this.#moved();
    }

    /** Move what is shown, by CSS px. */
    pan(dx, dy) {
      this.#view.pan(dx, dy);
      this.#moved();
    }

    /** The shown point nearest to CSS px (x, y) within `reach` CSS px, or -1. */
    pick(x, y, reach = 12) {
      const [dataX, dataY] = this.#view.toData(x, y);
      return this.#points.grid.nearest(dataX, dataY, reach / this.#view.scale, (row) => this.#points.shown(row));
    }

    /** The shown points within a polygon. @param {number[][]} corners [x, y] in CSS px @returns {number[]} rows */
    enclosed(corners) {
      const polygon = Float64Array.from(corners.flatMap(([x, y]) => this.#view.toData(x, y)));
      return this.#points.grid.within(polygon, (row) => this.#points.shown(row));
    }

    /** CSS px of a row from the canvas' upper left corner, or null where it has no place. @returns {number[]|null} */
    place(row) {
      return this.#points.placed(row) ? this.#view.toCanvas(this.#points.grid.x[row], this.#points.grid.y[row]) : null;
    }

    /** Whether a row is shown (it has a place and is not hidden) and within the canvas. */
    isIn(row) {
      const [x, y] = this.place(row) ?? [-1, -1];
      return this.#points.shown(row) && x >= 0 && y >= 0 && x <= this.#view.width && y <= this.#view.height;
    }

    /** Take over the canvas' size. It is also called by itself when that changes. */
    resize() {
      const { clientWidth, clientHeight } = this.#canvas;
      const ratio = Math.min(window.devicePixelRatio || 1, MOST_PIXELS);
      const view = this.#view;
      // Out of sight: it comes back as it was.
      if (clientWidth === 0 || clientHeight === 0) return;
      if (clientWidth === view.width && clientHeight === view.height && ratio === this.#ratio) return;
      [view.width, view.height, this.#ratio] = [clientWidth, clientHeight, ratio];
      this.#canvas.width = Math.max(1, Math.round(clientWidth * ratio));
      this.#canvas.height = Math.max(1, Math.round(clientHeight * ratio));
      view.setHome(this.#points.grid.box);
      if (this.#fitted) this.#fitAll();
      // A canvas whose size was set is empty: wait for no frame, or it blinks.
      this.#paint();
    }

    /** Draw with the next frame of the page. */
    draw() {
      this.#asked ||= requestAnimationFrame((now) => {
        this.#asked = 0;
        if (this.#view.step(now)) this.draw();
        this.#paint();
      });
    }

    #paint() {
      if (this.#view.width === 0) return;
      if (this.#stale) {
        this.#painter.setMarks(this.#points.marks(), this.#points.order());
        this.#version += 1;
      }
      this.#stale = false;
      const radius = this.#view.radius(this.#points.grid.rows.length);
      const frame = { view: this.#view, ratio: this.#ratio, radius, ...this.#theme, version: this.#version };
      this.#picture.show(this.#painter, frame);
      this.#paintCurrent(frame);
      this.frames += 1;
    }

    #paintCurrent(frame) {
      const place = this.place(this.#current);
      if (!place) return;
      const { fill, bits } = this.#points.mark(this.#current);
      const stamp = Earmark.stamp(fill, bits, { ...frame, radius: frame.radius * frame.ratio }, true);
      this.#picture.put(stamp, place[0] * frame.ratio, place[1] * frame.ratio);
    }

    #paintBy(painter) {
      this.#painter = painter;
      painter.setPoints(this.#points.grid.x, this.#points.grid.y);
      this.#change();
    }

    #change() {
      this.#stale = true;
      this.draw();
    }

    #fitAll() {
      this.#view.go(this.#view.fitted(this.#points.grid.box));
      this.#fitted = true;
      this.draw();
    }

    #moved() {
      this.#fitted = false;
      this.draw();
    }

    #glideTo(to) {
      if (matchMedia('(prefers-reduced-motion: reduce)').matches) this.#view.go(to);
      else this.#view.glide(to);
      this.#moved();
    }
  };
})();
