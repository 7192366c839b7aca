/* Small helpers to build the page. Text from data only ever becomes text nodes and attributes. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const SVG = 'http://www.w3.org/2000/svg';

  /** Paths of the icons, drawn in a box of 16 by 16 with a line of 1.75. */
  const ICONS = {
    play: 'M5 3.2v9.6L12.5 8z',
    pause: 'M5.5 3.5v9M10.5 3.5v9',
    accept: 'M3 8.5l3.4 3.5L13 4.5',
    reject: 'M4 4l8 8M12 4l-8 8',
    unsure: 'M5.6 6a2.4 2.4 0 1 1 3.4 2.2c-.7.35-1 .8-1 1.6M8 12.6v.1',
    relabel: 'M3 5.5h9M9.5 3L12 5.5 9.5 8M13 10.5H4M6.5 8L4 10.5 6.5 13',
    back: 'M3.2 6.5h6a3.2 3.2 0 0 1 0 6.5H6M6 3.5l-2.9 3L6 9.5',
    flag: 'M8 2.5l6 11H2zM8 6.6v3.2M8 11.6v.1',
    theme: 'M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11',
    fit: 'M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10',
    lasso:
      'M6.4 10.7C4.1 10.2 2.5 8.7 2.5 6.8 2.5 4.4 5 2.5 8 2.5s5.5 1.9 5.5 4.3-2.5 4.3-5.5 4.3' +
      'M8 11.1a1.6 1.6 0 1 1-1.6-.4M6.4 12.7c.2.9-.3 1.5-1.4 1.8',
  };

  /**
   * Make an element.
   * @param {string} tag
   * @param {Object<string, *>} [props] `class`, `text`, `onclick` and the like as listeners, the rest as attributes;
   *   null and false leave an attribute out.
   * @param {...(Node|string|null)} children
   * @returns {HTMLElement}
   */
  function h(tag, props, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(props || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (typeof value === 'function') element.addEventListener(name.slice(2), value);
      else if (name === 'text') element.textContent = value;
      else element.setAttribute(name, value === true ? '' : String(value));
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }

  /**
   * An icon that screen readers pass over.
   * @param {string} name a key of ICONS
   * @returns {SVGElement}
   */
  function icon(name) {
    const svg = document.createElementNS(SVG, 'svg');
    const path = document.createElementNS(SVG, 'path');
    for (const [key, value] of Object.entries({ viewBox: '0 0 16 16', class: 'icon', 'aria-hidden': 'true' })) {
      svg.setAttribute(key, value);
    }
    if (name === 'play') svg.classList.add('filled');
    path.setAttribute('d', ICONS[name]);
    svg.append(path);
    return svg;
  }

  /**
   * A name from data, kept apart from the direction of the text around it.
   * @param {string} text
   * @param {string} [kind] a class
   * @returns {HTMLElement}
   */
  function name(text, kind) {
    return h('bdi', { class: kind ? `name ${kind}` : 'name', title: text.length > 24 ? text : null, text });
  }

  /**
   * A key as it is printed on a button; screen readers hear of keys in the help instead.
   * @param {string} text
   * @returns {HTMLElement}
   */
  function key(text) {
    return h('kbd', { 'aria-hidden': 'true', text });
  }

  /**
   * @param {string} id
   * @returns {HTMLElement}
   */
  function byId(id) {
    return document.getElementById(id);
  }

  /**
   * Put `children` in place of what is in `element`. The focus stays with what has the same data-keep as before.
   * @param {HTMLElement} element
   * @param {...(Node|string|null)} children
   */
  function fill(element, ...children) {
    const focused = document.activeElement;
    const kept = element.contains(focused) ? focused.dataset.keep : undefined;
    element.replaceChildren(...children.filter((child) => child !== null && child !== undefined));
    if (kept !== undefined) element.querySelector(`[data-keep="${CSS.escape(kept)}"]`)?.focus();
  }

  /**
   * A share as whole percents, but never 0% or 100% where it is not.
   * @param {number|null} p in [0, 1]
   * @returns {string}
   */
  function percent(p) {
    if (p === null || p === undefined || Number.isNaN(p)) return 'not known';
    if (p > 0.99 && p < 1) return '> 99%';
    if (p > 0 && p < 0.01) return '< 1%';
    return `${Math.round(100 * p)}%`;
  }

  /**
   * @param {number} n
   * @param {string} one the word for one of them
   * @param {string} [many]
   * @returns {string}
   */
  function count(n, one, many) {
    return `${n.toLocaleString('en')} ${n === 1 ? one : many || one + 's'}`;
  }

  Earmark.dom = { h, icon, name, key, byId, fill, percent, count };
})();
