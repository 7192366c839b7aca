'use strict';
/* Paints the map's points on a 2-D canvas, where there is no WebGL: every kind of mark is drawn once and stamped. */
(() => {
  const Earmark = (window.Earmark = window.Earmark || {});

  /** Paints what MapGl paints, by the same calls. */
  Earmark.Map2d = class Map2d {
    kind = '2d';
    /** px, the side of a canvas that every browser can do. */
    most = 4096;
    #context = document.createElement('canvas').getContext('2d', { alpha: false });
    #x = new Float32Array(0);
    #y = new Float32Array(0);
    #marks = new Uint8Array(0);
    #order = new Uint32Array(0);
    #stamps = new Map();
    #look = '';

    /** @param {Float32Array} x @param {Float32Array} y */
    setPoints(x, y) {
      [this.#x, this.#y] = [x, y];
    }

    /** @param {Uint8Array} marks (4n) colour and bits @param {Uint32Array} order the rows to paint, last on top */
    setMarks(marks, order) {
      [this.#marks, this.#order] = [marks, order];
    }

    /** As MapGl.paint. */
    paint(frame, view, width, height) {
      const { canvas } = this.#context;
      Object.assign(canvas, { width, height });
      // Half pixels: a stamp for every size that a slow zoom goes through would be drawn and thrown away.
      const sized = { ...frame, radius: Math.round(frame.radius * frame.ratio * 2) / 2 };
      const look = [sized.radius, frame.ratio, ...frame.background, ...frame.ring].join();
      if (look !== this.#look) this.#stamps.clear();
      this.#look = look;
      this.#context.fillStyle = Earmark.css(frame.background);
      this.#context.fillRect(0, 0, width, height);
      for (const row of this.#order) this.#put(row, sized, view);
      return canvas;
    }

    #put(row, frame, view) {
      const [x, y] = view.toCanvas(this.#x[row], this.#y[row]);
      if (x < -20 || y < -20 || x > view.width + 20 || y > view.height + 20) return;
      const stamp = this.#stamp(row, frame);
      const at = (part) => Math.round(part * frame.ratio - stamp.width / 2);
      this.#context.drawImage(stamp, at(x), at(y));
    }

    #stamp(row, frame) {
      const [red, green, blue, bits] = this.#marks.subarray(4 * row, 4 * row + 4);
      const key = ((red * 256 + green) * 256 + blue) * 64 + bits;
      if (!this.#stamps.has(key)) {
        this.#stamps.set(key, Earmark.stamp([red / 255, green / 255, blue / 255], bits, frame, false));
      }
      return this.#stamps.get(key);
    }
  };
})();
