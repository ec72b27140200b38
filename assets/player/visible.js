/** Tells the page whether what follows is in sight, so that nobody draws charts that no one sees. */

const MARGIN_PX = 150;
const watched = new WeakMap();

export default function mount({ parentElement, setStateValue }) {
  const host = parentElement instanceof ShadowRoot ? parentElement.host : parentElement;
  let state = watched.get(host);
  if (!state) {
    state = { seen: null };
    state.observer = new IntersectionObserver(([entry]) => {
      if (entry.isIntersecting === state.seen) return;
      state.seen = entry.isIntersecting;
      state.tell("visible", state.seen);
    }, { rootMargin: `${MARGIN_PX}px` });
    state.observer.observe(host.closest('[class*="st-key-"][class*="charts"]') ?? host);
    watched.set(host, state);
  }
  state.tell = setStateValue;
  return () => {
    state.observer.disconnect();
    watched.delete(host);
  };
}
