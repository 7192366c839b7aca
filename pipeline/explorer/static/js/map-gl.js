'use strict';
/* Paints the map's points by WebGL, all of them in one draw call. */
(() => {
  const Earmark = (window.Earmark = window.Earmark || {});
  const UNIFORMS = ['centre', 'scale', 'radius', 'ratio', 'background', 'ring'];

  /** @returns {WebGLProgram|null} null where the shaders do not link */
  function compile(gl) {
    const { VERTEX, FRAGMENT } = Earmark.mapShaders;
    const program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.bindAttribLocation(program, 0, 'a_place');
    gl.bindAttribLocation(program, 1, 'a_mark');
    gl.linkProgram(program);
    return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null;
  }

  /** Paints points with WebGL 2, or 1 where there is no 2, on a canvas of its own. */
  Earmark.MapGl = class MapGl {
    kind = 'webgl';
    /** px, the largest side that it can paint. */
    most;
    #gl;
    #at;
    #places = new Float32Array(0);
    #marks = new Uint8Array(0);
    #order = new Uint32Array(0);
    #buffers;

    /**
     * @param {() => void} lost called when the context is lost: it paints nothing until `found`
     * @param {() => void} found called when it is back
     * @returns {MapGl|null} null where there is no WebGL, or none that takes the shaders
     */
    static make(lost, found) {
      const canvas = document.createElement('canvas');
      // The shader smooths the edges, nothing is behind anything: less to fill where software draws.
      const wish = { alpha: false, antialias: false, depth: false, stencil: false };
      const gl = canvas.getContext('webgl2', wish) ?? canvas.getContext('webgl', wish);
      if (!gl || (gl instanceof WebGLRenderingContext && !gl.getExtension('OES_element_index_uint'))) return null;
      const painter = new MapGl(gl);
      if (!painter.#start()) return null;
      canvas.addEventListener('webglcontextlost', (event) => {
        event.preventDefault();
        lost();
      });
      canvas.addEventListener('webglcontextrestored', () => painter.#start() && found());
      return painter;
    }

    constructor(gl) {
      this.#gl = gl;
    }

    /**
     * Make all that lives in the context: at first, and again when it was lost.
     * @returns {boolean} whether that worked
     */
    #start() {
      const gl = this.#gl;
      const program = compile(gl);
      if (!program) return false;
      gl.useProgram(program);
      this.most = Math.min(...gl.getParameter(gl.MAX_VIEWPORT_DIMS), gl.getParameter(gl.MAX_RENDERBUFFER_SIZE));
      this.#at = Object.fromEntries(UNIFORMS.map((name) => [name, gl.getUniformLocation(program, `u_${name}`)]));
      gl.disable(gl.DEPTH_TEST);
      gl.enable(gl.BLEND);
      gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
      this.#buffers = { places: gl.createBuffer(), marks: gl.createBuffer(), order: gl.createBuffer() };
      this.#load('places', 0, 2, gl.FLOAT, this.#places);
      this.#load('marks', 1, 4, gl.UNSIGNED_BYTE, this.#marks);
      this.#loadOrder();
      return true;
    }

    #load(name, attribute, parts, type, values) {
      const gl = this.#gl;
      gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffers[name]);
      gl.bufferData(gl.ARRAY_BUFFER, values, gl.DYNAMIC_DRAW);
      gl.enableVertexAttribArray(attribute);
      gl.vertexAttribPointer(attribute, parts, type, true, 0, 0);
    }

    #loadOrder() {
      const gl = this.#gl;
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.#buffers.order);
      gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, this.#order, gl.DYNAMIC_DRAW);
    }

    /** @param {Float32Array} x @param {Float32Array} y */
    setPoints(x, y) {
      this.#places = new Float32Array(2 * x.length);
      for (let row = 0; row < x.length; row++) {
        this.#places[2 * row] = x[row];
        this.#places[2 * row + 1] = y[row];
      }
      this.#load('places', 0, 2, this.#gl.FLOAT, this.#places);
    }

    /** @param {Uint8Array} marks (4n) colour and bits @param {Uint32Array} order the rows to paint, last on top */
    setMarks(marks, order) {
      [this.#marks, this.#order] = [marks, order];
      this.#load('marks', 1, 4, this.#gl.UNSIGNED_BYTE, marks);
      this.#loadOrder();
    }

    /**
     * Paint all points.
     * @param {object} frame ratio (px to the CSS px), radius (CSS px), background and ring (rgb in 0–1)
     * @param {Earmark.View} view @param {number} width px @param {number} height px
     * @returns {HTMLCanvasElement} good until the next frame of the page
     */
    paint({ ratio, radius, background, ring }, view, width, height) {
      const gl = this.#gl;
      // Setting the size, also to what it is, throws the old picture away and makes room for a new one.
      if (gl.canvas.width !== width || gl.canvas.height !== height) Object.assign(gl.canvas, { width, height });
      gl.viewport(0, 0, width, height);
      gl.clearColor(...background, 1);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform2f(this.#at.centre, view.x, view.y);
      gl.uniform2f(this.#at.scale, (2 * view.scale) / view.width, (2 * view.scale) / view.height);
      gl.uniform1f(this.#at.radius, radius * ratio);
      gl.uniform1f(this.#at.ratio, ratio);
      gl.uniform3f(this.#at.background, ...background);
      gl.uniform3f(this.#at.ring, ...ring);
      gl.drawElements(gl.POINTS, this.#order.length, gl.UNSIGNED_INT, 0);
      return gl.canvas;
    }
  };
})();
