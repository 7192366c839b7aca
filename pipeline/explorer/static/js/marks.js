'use strict';
/* The seven shapes of a mark, within a circle of radius 1 or a little over: for legends, the 2-D map and the lasso. */
(() => {
  const Earmark = (window.Earmark = window.Earmark || {});
  const SVG = 'http://www.w3.org/2000/svg';

  const circle = (r) => `M${r} 0A${r} ${r} 0 1 1 ${-r} 0A${r} ${r} 0 1 1 ${r} 0Z`;
  const polygon = (points) => `M${points.map(([x, y]) => `${x} ${y}`).join('L')}Z`;

  /** A plus of half length 1.08 and half width 0.36, turned by `angle` radians. */
  function plus(angle) {
    const [long, thin] = [1.08, 0.36];
    const arm = [[thin, thin], [thin, long], [-thin, long]];
    const turn = ([x, y], by) => [x * Math.cos(by) - y * Math.sin(by), x * Math.sin(by) + y * Math.cos(by)];
    const corners = [0, 1, 2, 3].flatMap((quarter) => arm.map((point) => turn(point, angle + (quarter * Math.PI) / 2)));
    return polygon(corners.map((point) => point.map((part) => part.toFixed(4))));
  }

  // The fragment shader in map-shaders.js draws the same forms.
  Earmark.markPaths = [
    circle(1),
    polygon([[0, -1.1], [1.02, 0.8], [-1.02, 0.8]]),
    polygon([[-0.86, -0.86], [0.86, -0.86], [0.86, 0.86], [-0.86, 0.86]]),
    polygon([[0, -1.18], [1.18, 0], [0, 1.18], [-1.18, 0]]),
    plus(Math.PI / 4),
    plus(0),
    circle(1) + circle(0.42),
  ];

  /**
   * An SVG element of `attributes`, which go in as they are.
   * @returns {SVGElement}
   */
  Earmark.svg = (name, attributes) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };

  /**
   * A mark for a legend. Its rim has the colour of the text around it, so that it shows on light and on dark.
   * @param {number} shape 0 circle, 1 triangle, 2 square, 3 diamond, 4 cross, 5 plus, 6 ring
   * @param {string} colour #rrggbb
   * @param {number} size CSS px
   * @returns {SVGElement}
   */
  Earmark.markSvg = (shape, colour, size) => {
    const svg = Earmark.svg('svg', { viewBox: '-1.4 -1.4 2.8 2.8', width: size, height: size, 'aria-hidden': 'true' });
    const rim = { stroke: 'currentColor', 'stroke-width': 0.16, 'stroke-opacity': 0.75, 'stroke-linejoin': 'round' };
    svg.append(Earmark.svg('path', { d: Earmark.markPaths[shape], fill: colour, 'fill-rule': 'evenodd', ...rim }));
    return svg;
  };
})();
