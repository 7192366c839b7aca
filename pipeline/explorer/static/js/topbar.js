/* The bar at the top: search, where the decisions are kept, undo, theme, help; and the tabs of a narrow page. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const { data, state, clips, hands, theme, dom } = Earmark;
  if (!data) return;
  const { h, name, byId } = dom;
  const MOST_CLASSES = 5;

  function find(text) {
    if (!text.trim()) return [];
    const classes = clips
      .searchClasses(text)
      .slice(0, MOST_CLASSES)
      .map((cls) => ({
        content: h('span', {}, h('span', { class: 'soft' }, 'Class '), name(clips.name(cls))),
        value: { cls },
      }));
    const rows = clips.search(text).map((row) => {
      const id = h('span', { class: 'id' }, data.clips.id[row]);
      return { content: h('span', {}, id, ' ', name(clips.name(data.clips.label[row]), 'soft')), value: { row } };
    });
    return [...classes, ...rows];
  }

  function take({ cls, row }) {
    if (cls !== undefined) {
      state.setClass(cls);
      hands.say(`Shown: clips given as or taken to be ${clips.name(cls)}`);
      return;
    }
    state.open(row, { play: true });
    if (Earmark.isNarrow()) state.setTab('clip');
  }

  function showSaved() {
    const { state: where, text } = Earmark.decisions.saved;
    const line = byId('save-status');
    const bad = where === 'unsaved' || where === 'lost';
    if (bad && line.textContent !== text) hands.say(text);
    line.textContent = text;
    line.title = text;
    line.dataset.state = where;
    // A problem gets a line of its own, so that all of its sentence can be read.
    byId('top').classList.toggle('trouble', bad);
    byId('save-again').hidden = where !== 'unsaved';
    byId('undo').disabled = Earmark.decisions.steps.length === 0;
  }

  function showTheme() {
    const words = { auto: 'Auto', light: 'Light', dark: 'Dark' };
    byId('theme').replaceChildren(dom.icon('theme'), words[theme.choice]);
    byId('theme').setAttribute('aria-label', `Theme: ${words[theme.choice]}. Change to ${words[theme.following]}`);
  }

  function showTab() {
    document.body.dataset.tab = state.tab;
    for (const button of document.querySelectorAll('#tabs button')) {
      if (button.dataset.tab === state.tab) button.setAttribute('aria-current', 'true');
      else button.removeAttribute('aria-current');
    }
  }

  /** On a narrow map: the clip that sounds, one touch from its panel. */
  function showNow() {
    const row = state.current;
    byId('now').hidden = row < 0;
    if (row < 0) return;
    const { button, show } = Earmark.playing.playButton(
      () => `clip ${data.clips.id[row]}`,
      () => row,
    );
    show();
    Earmark.player.onstate = show;
    const open = h('button', { type: 'button', class: 'quiet', onclick: () => state.setTab('clip') }, 'Open');
    const cls = Earmark.actions.asked(row);
    const id = h('span', { class: 'id' }, data.clips.id[row]);
    dom.fill(byId('now'), button, cls >= 0 ? name(clips.name(cls)) : null, id, open);
  }

  Earmark.topbar = {
    start() {
      byId('title').textContent = data.title;
      document.title = `${data.title}: explorer`;
      new Earmark.Combobox(byId('search'), byId('search-list'), { find, take });
      byId('undo').prepend(dom.icon('back'));
      byId('undo').addEventListener('click', () => hands.undo());
      byId('save-again').addEventListener('click', () => Earmark.decisions.saver.flush());
      byId('theme').addEventListener('click', () => theme.turn());
      byId('help-open').addEventListener('click', () => byId('help').showModal());
      byId('help-close').addEventListener('click', () => byId('help').close());
      byId('previous').addEventListener('click', () => hands.go(-1));
      byId('next').addEventListener('click', () => hands.go(1));
      for (const button of document.querySelectorAll('#tabs button')) {
        button.addEventListener('click', () => state.setTab(button.dataset.tab));
      }
      theme.addEventListener('change', showTheme);
      for (const event of ['saved', 'change']) Earmark.decisions.addEventListener(event, showSaved);
      state.addEventListener('tab', showTab);
      state.addEventListener('open', showNow);
      Earmark.player.addEventListener('state', () => Earmark.player.onstate?.());
      showTheme();
      showTab();
      showSaved();
    },
  };
})();
