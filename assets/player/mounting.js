/** Mount functions, as a component's loader and the tests call them. */

/**
 * A mount function for a class: one of it at each place, told of new data while it stays.
 * @param {new (parent: Element|ShadowRoot, data: object, trigger: (name: string, value: any) => void) => {update: Function, close: Function}} Component
 * @returns {(component: {data: object, parentElement: Element|ShadowRoot, setTriggerValue?: Function}) => () => void}
 *     Mounts or updates; what it returns unmounts.
 */
export function mounting(Component) {
  const mounted = new WeakMap();
  return ({ data, parentElement, setTriggerValue = () => {} }) => {
    const there = mounted.get(parentElement);
    if (there) there.update(data, setTriggerValue);
    else mounted.set(parentElement, new Component(parentElement, data, setTriggerValue));
    return () => {
      mounted.get(parentElement)?.close();
      mounted.delete(parentElement);
    };
  };
}
