'use strict';
/* Mouse, pen and fingers on the map: pan, zoom, hover, pick, lasso. Keys are the application's. */
(() => {
  const Earmark = (window.Earmark = window.Earmark || {});
  // CSS px: how near a point one must be to mean it, and how far a finger or mouse may stray within a click.
  const REACH = { mouse: 12, pen: 12, touch: 20 };
  const STRAY = { mouse: 4, pen: 6, touch: 10 };
  const DOUBLE = { ms: 350, px: 16 };

  /** Listens on the canvas of a ScatterMap and calls its public methods and callbacks. */
  Earmark.MapGestures = class MapGestures {
    #map;
    #canvas;
    #lasso;
    /** Pointers that are down, by id: where they are now. */
    #down = new Map();
    /** null, or what the pointers do: 'click' (not moved yet), 'pan', 'lasso', 'pinch'. */
    #doing = null;
    #from = { x: 0, y: 0 };
    #clicked = { x: 0, y: 0, at: -Infinity };

    /** @param {Earmark.ScatterMap} map @param {HTMLCanvasElement} canvas @param {Earmark.Lasso} lasso */
    constructor(map, canvas, lasso) {
      [this.#map, this.#canvas, this.#lasso] = [map, canvas, lasso];
      canvas.style.touchAction = 'none';
      const on = (name, heard) => canvas.addEventListener(name, heard);
      on('pointerdown', (event) => this.#press(event));
      on('pointermove', (event) => this.#move(event));
      on('pointerup', (event) => this.#release(event));
      on('pointercancel', (event) => this.#abandon(event));
      on('pointerleave', (event) => this.#down.size || this.#map.onhover(-1, event));
      canvas.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
      // Escape leaves a lasso that is being drawn, and means nothing else while there is one.
      document.addEventListener('keydown', (event) => {
        if (event.key !== 'Escape' || this.#doing !== 'lasso') return;
        event.stopImmediatePropagation();
        this.#abandon(event);
      }, true);
    }

    #place(event) {
      const { left, top } = this.#canvas.getBoundingClientRect();
      return { x: event.clientX - left - this.#canvas.clientLeft, y: event.clientY - top - this.#canvas.clientTop };
    }

    #press(event) {
      if (event.button !== 0 || this.#down.size === 2) return;
      this.#canvas.setPointerCapture(event.pointerId);
      const at = this.#place(event);
      this.#down.set(event.pointerId, at);
      if (this.#down.size === 2) {
        this.#lasso.end();
        this.#doing = 'pinch';
        return;
      }
      this.#doing = 'click';
      this.#from = at;
    }

    #move(event) {
      const at = this.#place(event);
      const before = this.#down.get(event.pointerId);
      if (!before) {
        if (this.#down.size === 0) this.#hover(at, event);
        return;
      }
      if (this.#doing === 'click') this.#begin(at, event);
      if (this.#doing === 'click') return;
      this.#down.set(event.pointerId, at);
      if (this.#doing === 'lasso') this.#lasso.add(at.x, at.y);
      if (this.#doing === 'pan') this.#map.pan(at.x - before.x, at.y - before.y);
      if (this.#doing === 'pinch') this.#pinch(event.pointerId, before, at);
    }

    /** A press that has strayed too far to be a click becomes a lasso or a pan. */
    #begin(at, event) {
      if (Math.hypot(at.x - this.#from.x, at.y - this.#from.y) <= STRAY[event.pointerType || 'mouse']) return;
      this.#doing = this.#map.lasso || event.shiftKey ? 'lasso' : 'pan';
      if (this.#doing === 'lasso') this.#lasso.start(this.#from.x, this.#from.y);
      this.#map.onhover(-1, event);
      this.#cursor(-1);
    }

    /** One of two fingers went from `before` to `at`: the map moves so that each keeps what it lies on. */
    #pinch(id, before, at) {
      const [other] = [...this.#down].filter(([one]) => one !== id).map(([, place]) => place);
      if (!other) return;
      const apart = (one) => Math.max(Math.hypot(one.x - other.x, one.y - other.y), 10);
      this.#map.pan((at.x - before.x) / 2, (at.y - before.y) / 2);
      this.#map.zoomAt(apart(at) / apart(before), (at.x + other.x) / 2, (at.y + other.y) / 2);
    }

    #release(event) {
      if (!this.#down.delete(event.pointerId)) return;
      const doing = this.#doing;
      // A finger that stays after a pinch goes on as a pan; it was never a click.
      this.#doing = this.#down.size ? 'pan' : null;
      if (doing === 'click') this.#click(this.#place(event), event);
      if (doing === 'lasso') this.#enclose(event);
      if (this.#doing === null) this.#cursor(-1);
    }

    #click(at, event) {
      const last = this.#clicked;
      const again = Math.hypot(at.x - last.x, at.y - last.y) <= DOUBLE.px && event.timeStamp - last.at <= DOUBLE.ms;
      this.#clicked = again ? { ...at, at: -Infinity } : { ...at, at: event.timeStamp };
      if (again) {
        this.#map.glideAt(2, at.x, at.y);
        return;
      }
      const row = this.#map.pick(at.x, at.y, REACH[event.pointerType || 'mouse']);
      if (row >= 0) this.#map.onpick(row, event);
    }

    #enclose(event) {
      const corners = this.#lasso.end();
      if (corners.length >= 3) this.#map.onlasso(this.#map.enclosed(corners), event);
    }

    #abandon() {
      this.#down.clear();
      this.#lasso.end();
      this.#doing = null;
      this.#cursor(-1);
    }

    #hover(at, event) {
      if (event.pointerType === 'touch') return;
      const row = this.#map.pick(at.x, at.y, REACH.mouse);
      this.#cursor(row);
      this.#map.onhover(row, event);
    }

    #wheel(event) {
      event.preventDefault();
      const at = this.#place(event);
      // A wheel that turns by lines or pages; and a pinch on a touchpad, which comes as a finer wheel with Ctrl.
      const unit = [1, 16, this.#canvas.clientHeight][event.deltaMode] * (event.ctrlKey ? 8 : 1);
      const factor = Math.exp(-0.0015 * Math.min(Math.max(event.deltaY * unit, -400), 400));
      this.#map.zoomAt(factor, at.x, at.y);
      if (this.#down.size === 0) this.#hover(at, event);
    }

    #cursor(row) {
      const idle = this.#map.lasso ? 'crosshair' : 'grab';
      const busy = { pan: 'grabbing', pinch: 'grabbing', lasso: 'crosshair' }[this.#doing];
      this.#canvas.style.cursor = busy ?? (row >= 0 ? 'pointer' : idle);
    }
  };
})();
