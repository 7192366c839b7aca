'use strict';
/* What is seen of the painted points. To paint 20,000 is nothing to a graphics card and a lot to software, so they are
   kept as a picture that reaches beyond the canvas: while one pans or hovers, a frame is a copy of a part of it. */
(() => {
  const Earmark = (window.Earmark = window.Earmark || {});
  // CSS px by which the picture reaches beyond the canvas on every side.
  const BEYOND = 256;

  Earmark.MapPicture = class MapPicture {
    #screen;
    #kept = document.createElement('canvas').getContext('2d', { alpha: false });
    #keptLook = '';
    #lastLook = '';
    /** What the kept picture shows. */
    #view = new Earmark.View();

    /** @param {HTMLCanvasElement} canvas */
    constructor(canvas) {
      this.#screen = canvas.getContext('2d', { alpha: false });
    }

    /**
     * Show the points.
     * @param {Earmark.MapGl|Earmark.Map2d} painter
     * @param {object} frame view, ratio, radius (CSS px), background and ring (rgb in 0–1), version (of the points)
     */
    show(painter, frame) {
      const { view, ratio, radius, background, ring, version } = frame;
      const { width, height } = this.#screen.canvas;
      const look = [view.scale, width, height, ratio, radius, ...background, ...ring, painter.kind, version].join();
      const beyond = Math.round(BEYOND * ratio);
      // Another look in every frame: somebody zooms, and a picture would be kept in vain.
      const keeps = look === this.#lastLook && Math.max(width, height) + 2 * beyond <= painter.most;
      this.#lastLook = look;
      if (!keeps) {
        this.#screen.drawImage(painter.paint(frame, view, width, height), 0, 0);
        return;
      }
      if (this.#keptLook !== look || this.#off(view, ratio).some((px) => Math.abs(px) > beyond)) {
        this.#keptLook = look;
        this.#keep(painter, frame, width + 2 * beyond, height + 2 * beyond);
      }
      const [right, down] = this.#off(view, ratio);
      this.#screen.drawImage(this.#kept.canvas, -beyond - right, -beyond - down);
    }

    /** px by which a view is to the right of the kept picture's middle, and below. */
    #off(view, ratio) {
      const px = view.scale * ratio;
      return [Math.round((view.x - this.#view.x) * px), Math.round((this.#view.y - view.y) * px)];
    }

    #keep(painter, frame, width, height) {
      this.#view.go(frame.view);
      Object.assign(this.#view, { width: width / frame.ratio, height: height / frame.ratio });
      Object.assign(this.#kept.canvas, { width, height });
      this.#kept.drawImage(painter.paint(frame, this.#view, width, height), 0, 0);
    }

    /**
     * Put a mark over what is shown.
     * @param {HTMLCanvasElement} stamp @param {number} x px @param {number} y px
     */
    put(stamp, x, y) {
      this.#screen.drawImage(stamp, Math.round(x - stamp.width / 2), Math.round(y - stamp.height / 2));
    }
  };
})();
