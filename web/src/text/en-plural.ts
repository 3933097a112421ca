/** A number and what is counted: 1 event, 1,200 events. */
export const plural = (n: number, one: string, many: string) =>
  `${new Intl.NumberFormat("en").format(n)} ${n === 1 ? one : many}`;
