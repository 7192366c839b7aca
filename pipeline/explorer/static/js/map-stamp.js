'use strict';
/* One mark on a canvas of its own, as the shaders in map-shaders.js draw it. */
(() => {
  const Earmark = (window.Earmark = window.Earmark || {});
  const css = (rgb) => `rgb(${rgb.map((part) => Math.round(part * 255)).join(',')})`;
  const luma = ([red, green, blue]) => 0.2126 * red + 0.7152 * green + 0.0722 * blue;

  /** The rim's colour: the page's; near what would be lost on the page, the mark's own, darker or lighter. */
  function edge(fill, background, ring) {
    const far = Math.min(Math.max((Math.abs(luma(fill) - luma(background)) - 0.15) / 0.15, 0), 1);
    const share = far * far * (3 - 2 * far);
    return fill.map((part, i) => ((part + ring[i]) / 2) * (1 - share) + background[i] * share);
  }

  /** Stroke a path of unit size at `radius` px, with a line of `width` px. */
  function stroke(context, path, radius, width, colour) {
    context.save();
    context.scale(radius, radius);
    context.lineWidth = width / radius;
    context.strokeStyle = css(colour);
    context.stroke(path);
    context.restore();
  }

  Earmark.css = css;

  /**
   * Draw a mark.
   * @param {number[]} fill rgb in 0–1, as `background` and `ring`
   * @param {number} bits shape and markBits
   * @param {{radius: number, ratio: number, background: number[], ring: number[]}} frame the radius in px here
   * @param {boolean} current larger, with a thicker ring at some distance
   * @returns {HTMLCanvasElement} just large enough, the mark in its middle
   */
  Earmark.stamp = (fill, bits, { radius: plain, ratio, background, ring }, current) => {
    const { SELECTED, BEHIND } = Earmark.markBits;
    const around = bits & BEHIND ? plain * 0.8 : plain;
    const radius = current ? Math.max(around * 1.5, 6 * ratio) : around;
    const rim = current ? 2 * ratio : Math.min(Math.max(0.25 * radius, 0.5), 1.25 * ratio);
    const thin = Math.min(Math.max(0.36 * radius, 0.9 * ratio), 1.5 * ratio);
    const width = current ? 2.5 * ratio : bits & SELECTED ? thin : 0;
    const out = 1.1 * radius + rim + width / 2;
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = Math.ceil(2 * (Math.max(1.2 * radius + rim, width ? out + width / 2 : 0) + 1));
    const context = canvas.getContext('2d');
    context.translate(canvas.width / 2, canvas.height / 2);
    const path = new Path2D(Earmark.markPaths[bits & 15]);
    stroke(context, path, radius, 2 * rim, edge(fill, background, ring));
    if (width) stroke(context, new Path2D(Earmark.markPaths[0]), out, width, ring);
    context.scale(radius, radius);
    context.fillStyle = css(fill);
    context.fill(path, 'evenodd');
    return canvas;
  };
})();
