/* The keyboard. Every key has a button that does the same. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const { data, state, hands, dom } = Earmark;
  if (!data) return;
  const { byId } = dom;
  let byPointer = false;
  let focusedByPointer = false;

  const isField = (element) => element.matches('input:not([type=checkbox]), textarea, select');

  /** Space presses a button that the keyboard went to; after a click of the mouse it plays. */
  function isPressing(element) {
    return !focusedByPointer && element.matches('button, a, summary, input[type=checkbox]');
  }

  function focusOn(id, tab) {
    if (tab && Earmark.isNarrow()) state.setTab(tab);
    byId(id).focus();
  }

  const KEYS = {
    ' ': () => hands.togglePlay(),
    a: () => hands.decide('accept'),
    r: () => hands.decide('reject'),
    u: () => hands.decide('unsure'),
    j: () => hands.go(1),
    k: () => hands.go(-1),
    b: () => hands.compare(),
    z: () => hands.undo(),
    l: () => !byId('clip').hidden && focusOn('relabel', 'clip'),
    '/': () => focusOn('search'),
    '?': () => byId('help').showModal(),
    Escape: () => state.selection.length > 0 && state.select([]),
  };
  for (let n = 1; n <= 9; n++) KEYS[n] = () => hands.relabelAs(n);

  function press(event) {
    byPointer = false;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector('dialog[open]') || isField(event.target)) return;
    if (event.key === ' ' && isPressing(event.target)) return;
    const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    // A key that is held would decide of clip after clip.
    if (!act || (event.repeat && !'jk'.includes(event.key.toLowerCase()))) return;
    event.preventDefault();
    act();
  }

  Earmark.keys = {
    start() {
      document.addEventListener('keydown', press);
      document.addEventListener('keyup', (event) => {
        // Firefox presses a focused button when Space is let go.
        if (event.key === ' ' && focusedByPointer && event.target.matches('button')) event.preventDefault();
        // Alt alone would open the browser's menu while one listens on the map.
        if (event.key === 'Alt') event.preventDefault();
      });
      document.addEventListener('pointerdown', () => (byPointer = true), true);
      document.addEventListener('focusin', () => (focusedByPointer = byPointer));
    },
  };
})();
