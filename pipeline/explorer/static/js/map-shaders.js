'use strict';
/* How a point becomes a mark, as map-stamp.js has it in 2-D: GLSL 1, which WebGL 1 and 2 both take. */
(() => {
  const Earmark = (window.Earmark = window.Earmark || {});

  /* a_mark: red, green, blue, and shape + 16 where selected + 32 where behind the others. */
  const VERTEX = `
    attribute vec2 a_place;
    attribute vec4 a_mark;
    uniform vec2 u_centre, u_scale;
    uniform float u_radius, u_ratio;
    uniform vec3 u_background, u_ring;
    varying vec3 v_fill, v_edge;
    varying vec4 v_size;  // px: radius, width of the rim, radius and half the width of the ring (0: none)
    varying vec4 v_form;  // kind, its two measures, half the sprite (these three in radii)

    const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);

    // Round: 0, in the middle of a band and half its width. Triangle: 1. Square or plus: 2, its arms' half width and
    // half length; turned by 45 degrees: 3. Last is how far it reaches.
    vec4 form(float shape) {
      if (shape < 0.5) return vec4(0.0, 0.0, 1.0, 1.0);
      if (shape < 1.5) return vec4(1.0, 0.0, 0.0, 1.1);
      if (shape < 2.5) return vec4(2.0, 0.86, 0.86, 0.86);
      if (shape < 3.5) return vec4(3.0, 0.834, 0.834, 1.18);
      if (shape < 4.5) return vec4(3.0, 0.36, 1.08, 1.02);
      if (shape < 5.5) return vec4(2.0, 0.36, 1.08, 1.08);
      return vec4(0.0, 0.71, 0.29, 1.0);
    }

    void main() {
      float bits = floor(a_mark.a * 255.0 + 0.5);
      float behind = step(32.0, bits);
      bits -= 32.0 * behind;
      float selected = step(16.0, bits);
      float radius = u_radius * (1.0 - 0.2 * behind);
      float rim = clamp(0.25 * radius, 0.5, 1.25 * u_ratio);
      float ring = selected * clamp(0.18 * radius, 0.45 * u_ratio, 0.75 * u_ratio);
      v_size = vec4(radius, rim, selected * (1.1 * radius + rim) + ring, ring);
      v_form = form(bits - 16.0 * selected);
      float reach = max(v_form.w * radius + rim, v_size.z + ring) + 0.5;
      v_form.w = reach / radius;
      v_fill = a_mark.rgb;
      float contrast = abs(dot(v_fill - u_background, LUMA));
      v_edge = mix(mix(v_fill, u_ring, 0.5), u_background, smoothstep(0.15, 0.3, contrast));
      gl_Position = vec4((a_place - u_centre) * u_scale, 0.0, 1.0);
      gl_PointSize = 2.0 * reach;
    }`;

  /* The forms of marks.js as distances from their edge, negative inside; y points down. */
  const FRAGMENT = `
    #ifdef GL_FRAGMENT_PRECISION_HIGH
    precision highp float;
    #else
    precision mediump float;
    #endif
    uniform vec3 u_ring;
    varying vec3 v_fill, v_edge;
    varying vec4 v_size, v_form;

    void main() {
      vec2 p = (gl_PointCoord * 2.0 - 1.0) * v_form.w;
      float middle = length(p);
      float away = abs(middle - v_form.y) - v_form.z;
      if (v_form.x > 1.5) {
        vec2 a = abs(v_form.x > 2.5 ? vec2(p.x - p.y, p.x + p.y) * 0.7071 : p);
        away = max(min(a.x, a.y) - v_form.y, max(a.x, a.y) - v_form.z);
      } else if (v_form.x > 0.5) {
        away = max(p.y - 0.8, dot(vec2(abs(p.x), p.y), vec2(0.8811, -0.4730)) - 0.5203);
      }
      away *= v_size.x;
      float alpha = clamp(0.5 + v_size.y - away, 0.0, 1.0);
      vec4 colour = vec4(mix(v_edge, v_fill, clamp(0.5 - away, 0.0, 1.0)) * alpha, alpha);
      if (v_size.w > 0.0) {
        float ring = clamp(0.5 + v_size.w - abs(middle * v_size.x - v_size.z), 0.0, 1.0);
        colour = vec4(u_ring * ring, ring) + colour * (1.0 - ring);
      }
      gl_FragColor = colour;
    }`;

  Earmark.mapShaders = { VERTEX, FRAGMENT };
})();
