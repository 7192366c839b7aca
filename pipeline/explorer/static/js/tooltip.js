/* A glance at the clip under the cursor. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const { data, clips, dom } = Earmark;
  if (!data) return;
  const { h, name, byId, fill } = dom;
  const GAP = 14;
  const figure = new Earmark.Figure();
  let shown = -1;

  function content(row) {
    const covered = Earmark.queue.covered(row);
    const [status] = clips.about(clips.status(row));
    const given = data.clips.label[row];
    const target = data.clips.target[row];
    const made = Earmark.actions.decided(row);
    const label = covered ? Earmark.actions.asked(row) : given;
    return [
      figure.element,
      h(
        'div',
        {},
        label >= 0 ? name(clips.name(label)) : h('span', { class: 'soft' }, 'no label'),
        !covered && target >= 0 && target !== given ? h('span', {}, ' → ', name(clips.name(target))) : null,
      ),
      h('div', { class: 'soft' }, covered ? 'covered' : status, ' · ', h('span', { class: 'id' }, data.clips.id[row])),
      Earmark.problems.shown(row) ? h('div', { class: 'problem' }, Earmark.problems.about(row)[0].words) : null,
      made ? h('div', {}, made.text) : null,
    ];
  }

  Earmark.tooltip = {
    /** @param {number} row -1: none @param {MouseEvent} event where the cursor is */
    show(row, event) {
      const tip = byId('tooltip');
      tip.hidden = row < 0;
      if (row < 0) {
        shown = -1;
        return;
      }
      if (row !== shown) {
        fill(tip, ...content(row));
        figure.show(row);
        shown = row;
      }
      const box = byId('map-place').getBoundingClientRect();
      const [x, y] = [event.clientX - box.left, event.clientY - box.top];
      const right = x + GAP + tip.offsetWidth < box.width;
      const below = y + GAP + tip.offsetHeight < box.height;
      tip.style.left = `${right ? x + GAP : Math.max(x - GAP - tip.offsetWidth, 0)}px`;
      tip.style.top = `${below ? y + GAP : Math.max(y - GAP - tip.offsetHeight, 0)}px`;
    },
  };
})();
